-- name: NameHolders :many
SELECT id, email_key, username_key
FROM users
WHERE tenant_id = @tenant_id
  AND (id IN (sqlc.slice('ids')) OR email_key IN (sqlc.slice('email_keys')) OR username_key IN (sqlc.slice('username_keys')));
