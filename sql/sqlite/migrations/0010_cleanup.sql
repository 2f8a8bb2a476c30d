-- +goose Up
-- Work that one instance does at a time, and until when it has it.
CREATE TABLE leases (
    tenant_id  TEXT    NOT NULL REFERENCES tenants (id),
    name       TEXT    NOT NULL,
    holder     TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;

-- When a session is over at the latest.
CREATE INDEX sessions_by_end ON sessions (tenant_id, coalesce(ended_at, ends_at));

-- +goose Down
DROP INDEX sessions_by_end;
DROP TABLE leases;
