-- name: MailsAreDue :many
SELECT id FROM mails WHERE tenant_id = @tenant_id AND dead_at IS NULL AND due_at <= @now ORDER BY due_at LIMIT 1;

-- name: ClaimMails :many
UPDATE mails
SET holder = @holder, due_at = @until, attempt = attempt + 1
WHERE mails.tenant_id = @tenant_id AND mails.id IN (
    SELECT due.id FROM mails AS due
    WHERE due.tenant_id = @tenant_id AND due.dead_at IS NULL AND due.due_at <= @now
    ORDER BY due.due_at
    LIMIT @batch_size
)
RETURNING *;

-- name: CountMails :one
SELECT
    CAST(count(*) FILTER (WHERE dead_at IS NULL) AS INTEGER) AS waiting,
    CAST(coalesce(sum(CASE WHEN dead_at IS NULL AND due_at <= @now THEN 1 ELSE 0 END), 0) AS INTEGER) AS due,
    CAST(count(*) FILTER (WHERE dead_at IS NOT NULL) AS INTEGER) AS dead,
    CAST(coalesce(min(created_at) FILTER (WHERE dead_at IS NULL), 0) AS INTEGER) AS oldest_at
FROM mails
WHERE tenant_id = @tenant_id;

-- name: RemoveOldMails :execrows
DELETE FROM mails
WHERE mails.tenant_id = @tenant_id AND mails.id IN (
    SELECT gone.id FROM mails AS gone
    WHERE gone.tenant_id = @tenant_id AND gone.dead_at <= @dead_by
    ORDER BY gone.dead_at
    LIMIT @batch_size
);
