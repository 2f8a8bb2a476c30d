-- What another instance is claiming is passed over. Chosen first and changed
-- then, so that the limit holds whatever the plan.
-- name: ClaimMails :many
WITH due AS (
    SELECT waiting.id FROM mails AS waiting
    WHERE waiting.tenant_id = @tenant_id AND waiting.dead_at IS NULL AND waiting.due_at <= @now
    ORDER BY waiting.due_at
    LIMIT @batch_size
    FOR UPDATE SKIP LOCKED
)
UPDATE mails
SET holder = @holder, due_at = @until, attempt = attempt + 1
FROM due
WHERE mails.tenant_id = @tenant_id AND mails.id = due.id
RETURNING mails.*;

-- name: CountMails :one
SELECT
    count(*) FILTER (WHERE dead_at IS NULL)::bigint AS waiting,
    count(*) FILTER (WHERE dead_at IS NULL AND due_at <= @now)::bigint AS due,
    count(*) FILTER (WHERE dead_at IS NOT NULL)::bigint AS dead,
    coalesce(min(created_at) FILTER (WHERE dead_at IS NULL), 'epoch')::timestamptz AS oldest_at
FROM mails
WHERE tenant_id = @tenant_id;

-- name: RemoveOldMails :execrows
WITH gone AS (
    SELECT dead.id FROM mails AS dead
    WHERE dead.tenant_id = @tenant_id AND dead.dead_at <= @dead_by
    ORDER BY dead.dead_at
    LIMIT @batch_size
    FOR UPDATE SKIP LOCKED
)
DELETE FROM mails USING gone WHERE mails.tenant_id = @tenant_id AND mails.id = gone.id;
