-- name: RecordSignIn :execrows
UPDATE users
SET last_sign_in_at = @at
WHERE users.tenant_id = @tenant_id AND users.id = @id AND status = 'active'
  AND (CAST(@unasked AS boolean) OR EXISTS (
      SELECT 1 FROM passwords
      WHERE passwords.tenant_id = users.tenant_id AND passwords.user_id = users.id AND passwords.hash = @password_hash
  ));

-- name: EndSession :execrows
UPDATE sessions
SET ended_at = @ended_at, end_reason = @end_reason
WHERE tenant_id = @tenant_id AND id = @id AND user_id = @user_id
  AND ended_at IS NULL AND expires_at > @ended_at AND last_activity_at > @idle_since;

-- name: EndOtherSessions :many
UPDATE sessions
SET ended_at = @ended_at, end_reason = @end_reason
WHERE tenant_id = @tenant_id AND user_id = @user_id AND id <> @keep
  AND ended_at IS NULL AND expires_at > @ended_at AND last_activity_at > @idle_since
RETURNING id;

-- name: DisplaceSessions :many
UPDATE sessions
SET ended_at = @ended_at, end_reason = @end_reason
WHERE sessions.tenant_id = @tenant_id AND sessions.id IN (
    SELECT live.id FROM sessions AS live
    WHERE live.tenant_id = @tenant_id AND live.user_id = @user_id AND live.id <> @opened
      AND live.ended_at IS NULL AND live.expires_at > @ended_at AND live.last_activity_at > @idle_since
    ORDER BY live.id DESC
    LIMIT -1 OFFSET @others_kept
)
RETURNING sessions.id;

-- name: ReauthenticateSession :one
UPDATE sessions
SET authenticated_at = @at, methods = @methods, last_activity_at = @at
WHERE sessions.tenant_id = @tenant_id AND sessions.id = @id AND sessions.user_id = @user_id
  AND ended_at IS NULL AND expires_at > @at AND last_activity_at > @idle_since
  AND EXISTS (
      SELECT 1 FROM users
      JOIN passwords ON passwords.tenant_id = users.tenant_id AND passwords.user_id = users.id
      WHERE users.tenant_id = sessions.tenant_id AND users.id = sessions.user_id
        AND users.status = 'active' AND passwords.hash = @password_hash
  )
RETURNING *;

-- name: EndSessionsBetween :many
UPDATE sessions
SET ended_at = @ended_at, end_reason = @end_reason
WHERE tenant_id = @tenant_id AND id > @after AND id <= @last AND ended_at IS NULL AND expires_at > @ended_at
RETURNING id, user_id;

-- name: RemoveSessions :execrows
DELETE FROM sessions
WHERE sessions.tenant_id = @tenant_id AND sessions.id IN (
    SELECT gone.id FROM sessions AS gone
    WHERE gone.tenant_id = @tenant_id AND coalesce(gone.ended_at, gone.ends_at) <= @over_by
    ORDER BY coalesce(gone.ended_at, gone.ends_at)
    LIMIT @batch_size
);
