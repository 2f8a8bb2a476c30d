-- Of any number that use one proof, the one whose row this is was first.
-- name: UseProof :execrows
INSERT INTO used_proofs (tenant_id, key_thumbprint, id_hash, expires_at)
VALUES (@tenant_id, @key_thumbprint, @id_hash, @expires_at)
ON CONFLICT DO NOTHING;
