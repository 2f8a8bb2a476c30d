-- +goose Up
-- There is one writer, so the order of sequence numbers is the order of commits.
CREATE TABLE events (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id   TEXT    NOT NULL REFERENCES tenants (id),
    name        TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    payload     TEXT    NOT NULL CHECK (json_valid(payload)),
    occurred_at INTEGER NOT NULL
) STRICT;

CREATE INDEX events_by_tenant ON events (tenant_id, sequence);

-- +goose Down
DROP TABLE events;
