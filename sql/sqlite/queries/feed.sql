-- The event to begin with, to miss nothing since a time. By the unary plus it
-- is found by the time and not by walking all of history.
-- name: FeedStart :many
SELECT sequence
FROM events
WHERE tenant_id = @tenant_id
  AND name IN ('session.revoked', 'session.all_revoked', 'key.rotated', 'key.revoked')
  AND occurred_at >= @since
ORDER BY +sequence
LIMIT 1;

-- name: FeedPage :many
SELECT * FROM events
WHERE tenant_id = @tenant_id
  AND name IN ('session.revoked', 'session.all_revoked', 'key.rotated', 'key.revoked')
  AND sequence > @sequence
ORDER BY sequence
LIMIT @page_size;
