-- In the order of their ids: two that lock the same rows in other orders would
-- wait for each other.
-- name: LockAdministrators :many
SELECT id FROM users
WHERE tenant_id = @tenant_id AND administrator AND status = 'active'
ORDER BY id
FOR NO KEY UPDATE;
