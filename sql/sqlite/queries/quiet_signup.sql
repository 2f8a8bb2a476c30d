-- name: InsertPasswordOfNew :exec
INSERT INTO passwords (tenant_id, user_id, hash, updated_at)
SELECT users.tenant_id, users.id, @hash, users.created_at
FROM users
WHERE users.tenant_id = @tenant_id AND users.id = @id;

-- name: InsertEventOfNew :exec
INSERT INTO events (tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at)
SELECT
    users.tenant_id, users.id, @event_name, @event_actor, @event_subject, @event_request_id,
    @event_address, @event_payload, @event_occurred_at
FROM users
WHERE users.tenant_id = @tenant_id AND users.id = @id;

-- Whoever has the address: the account that was just made, or the one that there
-- was. Nobody, when the user name was in the way.
-- name: InsertMailToHolder :execrows
INSERT INTO mails (
    tenant_id, id, kind, user_id, recipient, recipient_key, details, request_id, created_at, due_at, attempt, holder, handed_over_at, dead_at, last_error
)
SELECT
    users.tenant_id, @mail_id, CASE WHEN users.id = @id THEN @if_new ELSE @if_there END AS kind, users.id, @recipient, users.email_key,
    @details, @request_id, @created_at, @created_at, 0, '', NULL, NULL, ''
FROM users
WHERE users.tenant_id = @tenant_id AND users.email_key = @email_key;
