-- An account as it is moved; one that was erased stays.
-- name: TransfersAfter :many
SELECT sqlc.embed(users), passwords.hash
FROM users
LEFT JOIN passwords ON passwords.tenant_id = users.tenant_id AND passwords.user_id = users.id
WHERE users.tenant_id = @tenant_id AND users.id > @after AND users.status <> 'deleted'
ORDER BY users.id
LIMIT @page_size;
