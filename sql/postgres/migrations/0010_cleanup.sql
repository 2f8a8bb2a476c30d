-- +goose Up
-- Work that one instance does at a time, and until when it has it.
CREATE TABLE leases (
    tenant_id  uuid        NOT NULL REFERENCES tenants (id),
    name       text        NOT NULL,
    holder     text        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- When a session is over at the latest. A rotation changes neither column, so
-- it stays a heap-only update; an entry moves once, when its session is ended.
CREATE INDEX sessions_by_end ON sessions (tenant_id, coalesce(ended_at, ends_at));

-- +goose Down
DROP INDEX sessions_by_end;
DROP TABLE leases;
