-- What is erased with an account. What is stored about users one day, beside
-- this, has its statement here.

-- The row that stays in the place of the account. Its key is nobody's name.
-- name: EraseUser :execrows
UPDATE users
SET email = '', email_key = @tombstone_key, email_verified = false, username = NULL, username_key = NULL,
    first_name = NULL, last_name = NULL, display_name = NULL, profile_image_url = NULL, phone_number = NULL,
    first_name_key = NULL, last_name_key = NULL, display_name_key = NULL, administrator = false,
    timezone = NULL, locale = NULL, user_metadata = '{}', status = 'deleted', updated_at = @at, last_sign_in_at = NULL,
    revision = revision + 1
WHERE tenant_id = @tenant_id AND id = @id AND revision = @was AND status <> 'deleted';

-- name: ErasePassword :exec
DELETE FROM passwords WHERE tenant_id = @tenant_id AND user_id = @user_id;

-- name: EraseDevices :exec
DELETE FROM devices WHERE tenant_id = @tenant_id AND user_id = @user_id;

-- name: EraseMailedTokens :exec
DELETE FROM mailed_tokens WHERE tenant_id = @tenant_id AND user_id = @user_id;

-- name: EraseAddresses :exec
DELETE FROM session_addresses
WHERE session_addresses.tenant_id = @tenant_id AND session_addresses.session_id IN (
    SELECT own.id FROM sessions AS own WHERE own.tenant_id = @tenant_id AND own.user_id = @user_id
);

-- Answers that were kept for requests of this user.
-- name: EraseIdempotentAnswers :exec
DELETE FROM idempotency_keys WHERE tenant_id = @tenant_id AND user_id = @user_id;

-- What the user did to others.
-- name: EraseTraces :exec
UPDATE events
SET address = '', request_id = ''
WHERE tenant_id = @tenant_id AND actor = @actor AND actor LIKE 'user:%'
  AND (user_id IS NULL OR actor <> 'user:' || CAST(user_id AS text));

-- Of the wrong passwords at the account, with its devices and in its sessions.
-- name: EraseGuesses :exec
DELETE FROM guesses
WHERE guesses.tenant_id = @tenant_id AND (
    guesses.subject = @account
    OR guesses.subject IN (
        SELECT kinds.kind || CAST(own.id AS text)
        FROM sessions AS own
        CROSS JOIN (SELECT 'device:' AS kind UNION ALL SELECT 'session:') AS kinds
        WHERE own.tenant_id = @tenant_id AND own.user_id = @user_id
    )
);
