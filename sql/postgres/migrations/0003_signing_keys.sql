-- +goose Up
CREATE TABLE signing_keys (
    tenant_id   uuid        NOT NULL REFERENCES tenants (id),
    kid         text        NOT NULL,
    number      bigint      NOT NULL CHECK (number > 0),
    algorithm   text        NOT NULL,
    public_key  bytea       NOT NULL,
    sealed_key  bytea,
    created_at  timestamptz NOT NULL,
    active_from timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, kid),
    CONSTRAINT signing_keys_number_key UNIQUE (tenant_id, number)
);

-- +goose Down
DROP TABLE signing_keys;
