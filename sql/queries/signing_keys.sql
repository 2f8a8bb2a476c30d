-- name: ListSigningKeys :many
SELECT * FROM signing_keys WHERE tenant_id = @tenant_id ORDER BY number;

-- name: InsertSigningKey :exec
INSERT INTO signing_keys (tenant_id, kid, number, algorithm, public_key, sealed_key, created_at, active_from)
VALUES (@tenant_id, @kid, @number, @algorithm, @public_key, @sealed_key, @created_at, @active_from);

-- name: RevokeSigningKey :execrows
UPDATE signing_keys SET revoked_at = @revoked_at, sealed_key = NULL
WHERE tenant_id = @tenant_id AND kid = @kid AND revoked_at IS NULL;
