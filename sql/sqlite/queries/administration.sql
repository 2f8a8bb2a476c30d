-- There is one writer: what a transaction has read stays so.
-- name: LockAdministrators :many
SELECT id FROM users
WHERE tenant_id = @tenant_id AND administrator AND status = 'active'
ORDER BY id;
