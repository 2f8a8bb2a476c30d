-- name: MarkAddressVerified :execrows
UPDATE users
SET email_verified = true, updated_at = @at, revision = revision + 1
WHERE tenant_id = @tenant_id AND id = @id AND NOT email_verified;

-- name: MarkAddressOwned :exec
UPDATE users
SET email_owned = true
WHERE tenant_id = @tenant_id AND id = @id;

-- name: MoveAddress :execrows
UPDATE users
SET email = @email, email_key = @email_key, email_verified = true, email_owned = @by_holder, updated_at = @at, revision = revision + 1
WHERE tenant_id = @tenant_id AND id = @id AND email_key = @was_key;

-- The user's row is updated even when the address was verified before: whatever
-- opens a session waits for it.
-- name: ClaimAddress :execrows
UPDATE users
SET email_verified = true, email_owned = true, updated_at = @at, revision = revision + 1
WHERE tenant_id = @tenant_id AND id = @id AND status = 'active';

-- name: SetPassword :exec
INSERT INTO passwords (tenant_id, user_id, hash, updated_at)
VALUES (@tenant_id, @user_id, @hash, @updated_at)
ON CONFLICT (tenant_id, user_id) DO UPDATE
SET hash = excluded.hash, updated_at = excluded.updated_at;
