-- name: NameHolders :many
SELECT id, email_key, username_key
FROM users
WHERE tenant_id = @tenant_id
  AND (id = ANY(@ids::uuid[]) OR email_key = ANY(@email_keys::text[]) OR username_key = ANY(@username_keys::text[]));
