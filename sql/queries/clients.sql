-- name: InsertClient :exec
INSERT INTO clients (tenant_id, id, name, scopes, secret_hash, created_at, last_used_at, revoked_at)
VALUES (@tenant_id, @id, @name, @scopes, @secret_hash, @created_at, @last_used_at, @revoked_at);

-- name: ClientByID :one
SELECT * FROM clients WHERE tenant_id = @tenant_id AND id = @id;

-- Identifiers are time-ordered.
-- name: ListClients :many
SELECT * FROM clients WHERE tenant_id = @tenant_id ORDER BY id;

-- name: RevokeClient :execrows
UPDATE clients SET revoked_at = @revoked_at WHERE tenant_id = @tenant_id AND id = @id AND revoked_at IS NULL;

-- name: NoteClientUse :exec
UPDATE clients
SET last_used_at = @last_used_at
WHERE tenant_id = @tenant_id AND id = @id AND (last_used_at IS NULL OR last_used_at < @last_used_at);
