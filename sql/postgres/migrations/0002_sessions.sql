-- +goose Up
-- One row a session. Rotation changes secret_hash, generation, rotated_at,
-- last_activity_at and expires_at, and no index holds any of them: with room
-- left on the page it is a heap-only update.
CREATE TABLE sessions (
    tenant_id        uuid        NOT NULL,
    id               uuid        NOT NULL,
    user_id          uuid        NOT NULL,
    address          text        NOT NULL,
    user_agent       text        NOT NULL,
    device_name      text        NOT NULL,
    device_type      text        NOT NULL,
    browser          text        NOT NULL,
    os               text        NOT NULL,
    methods          text        NOT NULL,
    authenticated_at timestamptz NOT NULL,
    created_at       timestamptz NOT NULL,
    last_activity_at timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    ends_at          timestamptz NOT NULL,
    ended_at         timestamptz,
    end_reason       text        NOT NULL,
    secret_hash      bytea       NOT NULL CHECK (octet_length(secret_hash) = 32),
    generation       bigint      NOT NULL CHECK (generation >= 0),
    rotated_at       timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    CHECK ((ended_at IS NULL) = (end_reason = ''))
) WITH (fillfactor = 70);

CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id, id);

-- +goose Down
DROP TABLE sessions;
