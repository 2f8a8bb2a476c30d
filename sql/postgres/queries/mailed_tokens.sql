-- The newest that was asked for stays. Whether it is good is asked again when it
-- is used.
-- name: KeepMailedToken :execrows
INSERT INTO mailed_tokens (tenant_id, user_id, purpose, hash, address, address_key, redirect, asked_at, expires_at)
SELECT
    users.tenant_id, users.id, @purpose::text, @hash::bytea, @address::text, @address_key::text, @redirect::text,
    @asked_at::timestamptz, @expires_at::timestamptz
FROM users
WHERE users.tenant_id = @tenant_id AND users.id = @user_id AND users.status = 'active'
  AND (users.email_key = @address_key::text OR @purpose::text = 'change_email')
ON CONFLICT (tenant_id, user_id, purpose) DO UPDATE
SET hash = excluded.hash, address = excluded.address, address_key = excluded.address_key, redirect = excluded.redirect,
    asked_at = excluded.asked_at, expires_at = excluded.expires_at
WHERE mailed_tokens.asked_at <= excluded.asked_at;

-- Of any number at once, one finds the hash still there. The user's row is
-- locked first, as everything locks that changes what a user may do: what
-- follows in the same transaction sees what others committed before.
-- name: TakeMailedToken :one
WITH holder AS (
    SELECT users.tenant_id, users.id
    FROM users
    JOIN mailed_tokens AS held ON held.tenant_id = users.tenant_id AND held.user_id = users.id
    WHERE users.tenant_id = @tenant_id AND held.purpose = @purpose AND held.hash = @hash AND held.expires_at > @now
      AND users.status = 'active' AND (held.address_key = users.email_key OR held.purpose = 'change_email')
    FOR NO KEY UPDATE OF users
)
UPDATE mailed_tokens
SET hash = NULL
FROM holder
WHERE mailed_tokens.tenant_id = @tenant_id AND mailed_tokens.user_id = holder.id
  AND mailed_tokens.purpose = @purpose AND mailed_tokens.hash = @hash
RETURNING mailed_tokens.user_id, mailed_tokens.address, mailed_tokens.address_key, mailed_tokens.redirect;

-- name: RemoveMailedTokens :execrows
DELETE FROM mailed_tokens
WHERE mailed_tokens.tenant_id = @tenant_id AND (mailed_tokens.user_id, mailed_tokens.purpose) IN (
    SELECT expired.user_id, expired.purpose
    FROM mailed_tokens AS expired
    WHERE expired.tenant_id = @tenant_id AND expired.expires_at <= @now
    ORDER BY expired.expires_at
    LIMIT @batch_size
    FOR UPDATE SKIP LOCKED
);
