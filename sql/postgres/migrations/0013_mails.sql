-- +goose Up
-- Mails that are owed. A row goes when its mail was handed over; one that could
-- not be stays, dead, until an operator looks at it or its time is over. While
-- somebody is at it, due_at is when their lease ends.
CREATE TABLE mails (
    tenant_id      uuid        NOT NULL REFERENCES tenants (id),
    id             uuid        NOT NULL,
    kind           text        NOT NULL,
    user_id        uuid,
    recipient      text        NOT NULL,
    recipient_key  text        NOT NULL,
    details        jsonb       NOT NULL,
    request_id     text        NOT NULL,
    created_at     timestamptz NOT NULL,
    due_at         timestamptz NOT NULL,
    attempt        integer     NOT NULL,
    holder         text        NOT NULL,
    handed_over_at timestamptz,
    dead_at        timestamptz,
    last_error     text        NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) WITH (fillfactor = 70);

CREATE INDEX mails_by_due ON mails (tenant_id, due_at) WHERE dead_at IS NULL;
CREATE INDEX mails_by_death ON mails (tenant_id, dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX mails_by_user ON mails (tenant_id, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX mails_by_recipient ON mails (tenant_id, recipient_key) WHERE recipient_key <> '';

-- +goose Down
DROP TABLE mails;
