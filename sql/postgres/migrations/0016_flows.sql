-- +goose Up
-- What proves links in mails, the newest of each purpose. A token that was used
-- or withdrawn leaves its row without a hash, so that a mail that was asked for
-- before, and is written after, brings nothing back.
CREATE TABLE mailed_tokens (
    tenant_id   uuid        NOT NULL,
    user_id     uuid        NOT NULL,
    purpose     text        NOT NULL,
    hash        bytea       CHECK (length(hash) = 32),
    address     text        NOT NULL,
    address_key text        NOT NULL,
    redirect    text        NOT NULL,
    asked_at    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id, purpose),
    CONSTRAINT mailed_tokens_hash UNIQUE (tenant_id, hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) WITH (fillfactor = 70);

CREATE INDEX mailed_tokens_by_expiry ON mailed_tokens (tenant_id, expires_at);

-- Whether whoever holds the account has shown to have the mailbox.
ALTER TABLE users ADD COLUMN email_owned boolean NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE users DROP COLUMN email_owned;
DROP TABLE mailed_tokens;
