-- +goose Up
-- Sequence numbers are handed out before their transactions commit, and not in
-- the order in which those commit. Readers therefore walk by (transaction_id,
-- sequence) and stop before the oldest transaction that still runs: every
-- transaction that commits later has a higher id than all they have seen.
CREATE TABLE events (
    tenant_id      uuid        NOT NULL REFERENCES tenants (id),
    transaction_id xid8        NOT NULL DEFAULT pg_current_xact_id(),
    sequence       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    name           text        NOT NULL,
    actor          text        NOT NULL,
    subject        text        NOT NULL,
    request_id     text        NOT NULL,
    address        text        NOT NULL,
    payload        jsonb       NOT NULL,
    occurred_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, transaction_id, sequence)
);

-- +goose Down
DROP TABLE events;
