-- +goose Up
CREATE TABLE signing_keys (
    tenant_id   TEXT    NOT NULL REFERENCES tenants (id),
    kid         TEXT    NOT NULL,
    number      INTEGER NOT NULL CHECK (number > 0),
    algorithm   TEXT    NOT NULL,
    public_key  BLOB    NOT NULL,
    sealed_key  BLOB,
    created_at  INTEGER NOT NULL,
    active_from INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, kid),
    CONSTRAINT signing_keys_number_key UNIQUE (tenant_id, number)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE signing_keys;
