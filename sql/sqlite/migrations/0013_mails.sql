-- +goose Up
-- Mails that are owed. A row goes when its mail was handed over; one that could
-- not be stays, dead, until an operator looks at it or its time is over. While
-- somebody is at it, due_at is when their lease ends.
CREATE TABLE mails (
    tenant_id      TEXT    NOT NULL REFERENCES tenants (id),
    id             TEXT    NOT NULL,
    kind           TEXT    NOT NULL,
    user_id        TEXT,
    recipient      TEXT    NOT NULL,
    recipient_key  TEXT    NOT NULL,
    details        TEXT    NOT NULL CHECK (json_valid(details)),
    request_id     TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,
    attempt        INTEGER NOT NULL,
    holder         TEXT    NOT NULL,
    handed_over_at INTEGER,
    dead_at        INTEGER,
    last_error     TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX mails_by_due ON mails (tenant_id, due_at) WHERE dead_at IS NULL;
CREATE INDEX mails_by_death ON mails (tenant_id, dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX mails_by_user ON mails (tenant_id, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX mails_by_recipient ON mails (tenant_id, recipient_key) WHERE recipient_key <> '';

-- +goose Down
DROP TABLE mails;
