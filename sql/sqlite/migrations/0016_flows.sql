-- +goose Up
-- What proves links in mails, the newest of each purpose. A token that was used
-- or withdrawn leaves its row without a hash, so that a mail that was asked for
-- before, and is written after, brings nothing back.
CREATE TABLE mailed_tokens (
    tenant_id   TEXT        NOT NULL,
    user_id     TEXT        NOT NULL,
    purpose     TEXT        NOT NULL,
    hash        BLOB        CHECK (length(hash) = 32),
    address     TEXT        NOT NULL,
    address_key TEXT        NOT NULL,
    redirect    TEXT        NOT NULL,
    asked_at    INTEGER     NOT NULL,
    expires_at  INTEGER     NOT NULL,
    PRIMARY KEY (tenant_id, user_id, purpose),
    CONSTRAINT mailed_tokens_hash UNIQUE (tenant_id, hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX mailed_tokens_by_expiry ON mailed_tokens (tenant_id, expires_at);

-- Whether whoever holds the account has shown to have the mailbox.
ALTER TABLE users ADD COLUMN email_owned INTEGER NOT NULL DEFAULT 0 CHECK (email_owned IN (0, 1));

-- +goose Down
ALTER TABLE users DROP COLUMN email_owned;
DROP TABLE mailed_tokens;
