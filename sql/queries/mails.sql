-- name: InsertMail :exec
INSERT INTO mails (
    tenant_id, id, kind, user_id, recipient, recipient_key, details, request_id, created_at, due_at, attempt, holder, handed_over_at, dead_at, last_error
) VALUES (
    @tenant_id, @id, @kind, @user_id, @recipient, @recipient_key, @details, @request_id, @created_at, @created_at, 0, '', NULL, NULL, ''
);

-- The holder is what decides: whoever has another lease, or none, changes nothing.
-- name: HoldMail :execrows
UPDATE mails
SET due_at = @until
WHERE tenant_id = @tenant_id AND id = @id AND holder = @holder AND dead_at IS NULL AND handed_over_at IS NULL;

-- name: BeginMail :execrows
UPDATE mails
SET handed_over_at = @at, due_at = @until
WHERE tenant_id = @tenant_id AND id = @id AND holder = @holder AND dead_at IS NULL AND handed_over_at IS NULL;

-- name: RemoveHeldMail :execrows
DELETE FROM mails WHERE tenant_id = @tenant_id AND id = @id AND holder = @holder AND dead_at IS NULL;

-- name: PutMailBack :execrows
UPDATE mails
SET holder = '', handed_over_at = NULL, due_at = @due_at, last_error = @last_error
WHERE tenant_id = @tenant_id AND id = @id AND holder = @holder AND dead_at IS NULL;

-- name: BuryMail :execrows
UPDATE mails
SET holder = '', dead_at = @dead_at, last_error = @last_error
WHERE tenant_id = @tenant_id AND id = @id AND holder = @holder AND dead_at IS NULL;

-- name: MailByID :one
SELECT * FROM mails WHERE tenant_id = @tenant_id AND id = @id;

-- name: ListMails :many
SELECT * FROM mails
WHERE tenant_id = @tenant_id AND id < @before AND (dead_at IS NOT NULL OR CAST(@any_state AS boolean))
ORDER BY id DESC
LIMIT @page_size;

-- name: ReviveMail :execrows
UPDATE mails
SET due_at = @at, attempt = 0, holder = '', handed_over_at = NULL, dead_at = NULL
WHERE tenant_id = @tenant_id AND id = @id AND dead_at IS NOT NULL;

-- name: ReviveMails :execrows
UPDATE mails
SET due_at = @at, attempt = 0, holder = '', handed_over_at = NULL, dead_at = NULL
WHERE tenant_id = @tenant_id AND dead_at IS NOT NULL;

-- name: RemoveMail :execrows
DELETE FROM mails WHERE tenant_id = @tenant_id AND id = @id;

-- A row that names no user may still be about one: by the address.
-- name: RemoveMailsOfUser :execrows
DELETE FROM mails
WHERE tenant_id = @tenant_id AND (user_id = @user_id OR (recipient_key <> '' AND recipient_key = @recipient_key));
