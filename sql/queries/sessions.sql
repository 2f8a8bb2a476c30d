-- name: InsertSession :exec
INSERT INTO sessions (
    tenant_id, id, user_id, address, user_agent, device_name, device_type, browser, os, methods, authenticated_at,
    created_at, last_activity_at, expires_at, ends_at, ended_at, end_reason, secret_hash, generation, rotated_at,
    key_thumbprint, bound_generation
) VALUES (
    @tenant_id, @id, @user_id, @address, @user_agent, @device_name, @device_type, @browser, @os, @methods, @authenticated_at,
    @created_at, @last_activity_at, @expires_at, @ends_at, @ended_at, @end_reason, @secret_hash, @generation, @rotated_at,
    @key_thumbprint, @bound_generation
);

-- name: SessionByID :one
SELECT * FROM sessions WHERE tenant_id = @tenant_id AND id = @id;

-- name: SessionWithUser :one
SELECT sqlc.embed(sessions), sqlc.embed(users)
FROM sessions
JOIN users ON users.tenant_id = sessions.tenant_id AND users.id = sessions.user_id
WHERE sessions.tenant_id = @tenant_id AND sessions.id = @id;

-- The whole of a rotation: whoever presents the current secret wins, once. A
-- session that is bound to no key becomes bound to the presenter's, if there is
-- one, and one that is bound moves on for its own key alone. What stands on the
-- right is the row as it was.
-- name: RotateSession :one
UPDATE sessions
SET secret_hash      = @next_hash,
    generation       = generation + 1,
    rotated_at       = @now,
    last_activity_at = @now,
    expires_at       = CASE WHEN ends_at < @expires_at THEN ends_at ELSE @expires_at END,
    bound_generation = CASE WHEN key_thumbprint = '' AND @key_thumbprint <> '' THEN generation + 1 ELSE bound_generation END,
    key_thumbprint   = @key_thumbprint
WHERE sessions.tenant_id = @tenant_id
  AND sessions.id = @id
  AND secret_hash = @presented_hash
  AND generation = @generation
  AND (key_thumbprint = '' OR key_thumbprint = @key_thumbprint)
  AND ended_at IS NULL
  AND expires_at > @now
  AND last_activity_at > @idle_since
  AND EXISTS (
      SELECT 1 FROM users
      WHERE users.tenant_id = sessions.tenant_id AND users.id = sessions.user_id AND users.status = 'active'
  )
RETURNING *;

-- name: ListLiveSessions :many
SELECT * FROM sessions
WHERE tenant_id = @tenant_id AND user_id = @user_id AND id < @before AND ended_at IS NULL AND expires_at > @now AND last_activity_at > @idle_since
ORDER BY id DESC
LIMIT @page_size;

-- The session that so many others stand before, behind a place in the order of
-- ids; none when there are fewer.
-- name: SessionAfterOthers :one
SELECT id FROM sessions
WHERE tenant_id = @tenant_id AND id > @after AND id <= @last
ORDER BY id
LIMIT 1 OFFSET @others;

-- name: ListSessionsOfUser :many
SELECT * FROM sessions
WHERE tenant_id = @tenant_id AND user_id = @user_id AND id < @before
ORDER BY id DESC
LIMIT @page_size;
