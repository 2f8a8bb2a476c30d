-- +goose Up
-- The thumbprint of the key that a session is bound to (RFC 9449), empty for
-- none.
ALTER TABLE sessions ADD COLUMN key_thumbprint TEXT NOT NULL DEFAULT '';
-- The generation of the first token that was handed out to that key's holder.
ALTER TABLE sessions ADD COLUMN bound_generation INTEGER NOT NULL DEFAULT 0;

-- Proofs that were used and could still be repeated.
CREATE TABLE used_proofs (
    tenant_id      TEXT    NOT NULL REFERENCES tenants (id),
    key_thumbprint TEXT    NOT NULL,
    id_hash        BLOB    NOT NULL CHECK (length(id_hash) = 32),
    expires_at     INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, key_thumbprint, id_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX used_proofs_by_expiry ON used_proofs (tenant_id, expires_at);

-- +goose Down
-- A program that knows nothing of keys would take such a session from whoever
-- has its token.
DELETE FROM sessions WHERE key_thumbprint <> '';
DROP TABLE used_proofs;
ALTER TABLE sessions DROP COLUMN bound_generation;
ALTER TABLE sessions DROP COLUMN key_thumbprint;
