-- +goose Up
-- Requests that may be repeated without being done twice. Nothing of a request
-- stands here: its key and its body are hashed under the application's key, and
-- its answer is sealed under one that takes the request itself to make.
CREATE TABLE idempotency_keys (
    tenant_id    uuid        NOT NULL REFERENCES tenants (id),
    key_hash     bytea       NOT NULL CHECK (octet_length(key_hash) = 32),
    fingerprint  bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    claim        bytea       NOT NULL CHECK (octet_length(claim) = 16),
    leased_until timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    mismatches   bigint      NOT NULL DEFAULT 0,
    answer       bytea,
    user_id      uuid,
    PRIMARY KEY (tenant_id, key_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (tenant_id, expires_at);
-- For what is removed with a user.
CREATE INDEX idempotency_keys_by_user ON idempotency_keys (tenant_id, user_id) WHERE user_id IS NOT NULL;

-- +goose Down
DROP TABLE idempotency_keys;
