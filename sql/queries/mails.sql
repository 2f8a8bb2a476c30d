-- name: InsertMail :exec
INSERT INTO mails (
    tenant_id, id, kind, user_id, recipient, details, request_id, created_at, due_at, attempt, holder, handed_over_at, dead_at, last_error
) VALUES (
    @tenant_id, @id, @kind, @user_id, @recipient, @details, @request_id, @created_at, @created_at, 0, '', NULL, NULL, ''
);
