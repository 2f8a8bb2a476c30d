-- name: KeepMailedToken :execrows
INSERT INTO mailed_tokens (tenant_id, user_id, purpose, hash, address, address_key, redirect, asked_at, expires_at)
SELECT
    users.tenant_id, users.id, @purpose, @hash, @address, @address_key, @redirect, @asked_at, @expires_at
FROM users
WHERE users.tenant_id = @tenant_id AND users.id = @user_id AND users.status = 'active'
  AND (users.email_key = @address_key OR @purpose = 'change_email')
ON CONFLICT (tenant_id, user_id, purpose) DO UPDATE
SET hash = excluded.hash, address = excluded.address, address_key = excluded.address_key, redirect = excluded.redirect,
    asked_at = excluded.asked_at, expires_at = excluded.expires_at
WHERE mailed_tokens.asked_at <= excluded.asked_at;

-- name: TakeMailedToken :one
UPDATE mailed_tokens
SET hash = NULL
WHERE mailed_tokens.tenant_id = @tenant_id AND mailed_tokens.purpose = @purpose AND mailed_tokens.hash = @hash
  AND mailed_tokens.expires_at > @now
  AND EXISTS (
      SELECT 1 FROM users
      WHERE users.tenant_id = mailed_tokens.tenant_id AND users.id = mailed_tokens.user_id AND users.status = 'active'
        AND (users.email_key = mailed_tokens.address_key OR mailed_tokens.purpose = 'change_email')
  )
RETURNING user_id, address, address_key, redirect;

-- name: RemoveMailedTokens :execrows
DELETE FROM mailed_tokens
WHERE mailed_tokens.tenant_id = @tenant_id AND (mailed_tokens.user_id, mailed_tokens.purpose) IN (
    SELECT expired.user_id, expired.purpose
    FROM mailed_tokens AS expired
    WHERE expired.tenant_id = @tenant_id AND expired.expires_at <= @now
    ORDER BY expired.expires_at
    LIMIT @batch_size
);
