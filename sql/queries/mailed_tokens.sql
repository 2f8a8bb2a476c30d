-- What a token would do now; it is not used by that.
-- name: MailedTokenHolder :one
SELECT sqlc.embed(users), mailed_tokens.address, mailed_tokens.address_key, mailed_tokens.redirect
FROM mailed_tokens
JOIN users ON users.tenant_id = mailed_tokens.tenant_id AND users.id = mailed_tokens.user_id
WHERE mailed_tokens.tenant_id = @tenant_id AND mailed_tokens.purpose = @purpose AND mailed_tokens.hash = @hash
  AND mailed_tokens.expires_at > @now AND users.status = 'active'
  AND (mailed_tokens.address_key = users.email_key OR mailed_tokens.purpose = 'change_email');

-- Withdrawn also before there was one: what was asked for until then finds it so.
-- name: VoidMailedToken :exec
INSERT INTO mailed_tokens (tenant_id, user_id, purpose, hash, address, address_key, redirect, asked_at, expires_at)
VALUES (@tenant_id, @user_id, @purpose, NULL, '', '', '', @at, @until)
ON CONFLICT (tenant_id, user_id, purpose) DO UPDATE
SET hash = NULL, address = '', address_key = '', redirect = '', asked_at = excluded.asked_at, expires_at = excluded.expires_at;
