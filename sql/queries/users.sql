-- name: InsertUser :exec
INSERT INTO users (
    tenant_id, id, email, email_key, email_verified, email_owned, username, username_key, first_name, last_name, display_name,
    profile_image_url, phone_number, timezone, locale, user_metadata, status, created_at, updated_at, last_sign_in_at,
    revision, administrator, first_name_key, last_name_key, display_name_key
) VALUES (
    @tenant_id, @id, @email, @email_key, @email_verified, @email_verified, @username, @username_key, @first_name, @last_name, @display_name,
    @profile_image_url, @phone_number, @timezone, @locale, @user_metadata, @status, @created_at, @updated_at, @last_sign_in_at,
    @revision, @administrator, @first_name_key, @last_name_key, @display_name_key
);

-- name: InsertPassword :exec
INSERT INTO passwords (tenant_id, user_id, hash, updated_at)
VALUES (@tenant_id, @user_id, @hash, @updated_at);

-- name: UserWithPassword :one
SELECT sqlc.embed(users), passwords.hash
FROM users
LEFT JOIN passwords ON passwords.tenant_id = users.tenant_id AND passwords.user_id = users.id
WHERE users.tenant_id = @tenant_id AND users.id = @id;

-- Whoever proved the password that is still the user's, in a session that still
-- lives, gives another.
-- name: ReplacePassword :execrows
UPDATE passwords
SET hash = @next_hash, updated_at = @at
WHERE passwords.tenant_id = @tenant_id AND passwords.user_id = @user_id AND hash = @was_hash
  AND EXISTS (
      SELECT 1 FROM users
      WHERE users.tenant_id = passwords.tenant_id AND users.id = passwords.user_id AND users.status = 'active'
  )
  AND EXISTS (
      SELECT 1 FROM sessions
      WHERE sessions.tenant_id = passwords.tenant_id AND sessions.user_id = passwords.user_id AND sessions.id = @session_id
        AND ended_at IS NULL AND expires_at > @at AND last_activity_at > @idle_since
  );

-- When the password was replaced before, in the same transaction.
-- name: RecordPasswordChange :exec
UPDATE users
SET updated_at = @at, revision = revision + 1
WHERE users.tenant_id = @tenant_id AND users.id = @id
  AND EXISTS (
      SELECT 1 FROM passwords
      WHERE passwords.tenant_id = users.tenant_id AND passwords.user_id = users.id AND passwords.hash = @next_hash
  );

-- The same password in another form. The row of the user stays as it is: a
-- session that is opened meanwhile by the old form is the same person's.
-- name: UpgradePassword :execrows
UPDATE passwords SET hash = @next_hash WHERE tenant_id = @tenant_id AND user_id = @user_id AND hash = @was_hash;

-- name: NamesTaken :many
SELECT email_key, username_key
FROM users
WHERE tenant_id = @tenant_id AND (email_key = @email_key OR username_key = @username_key);

-- An address has an @ and a user name has none, so one key finds one user.
-- name: UserForSignIn :one
SELECT sqlc.embed(users), passwords.hash
FROM users
LEFT JOIN passwords ON passwords.tenant_id = users.tenant_id AND passwords.user_id = users.id
WHERE users.tenant_id = @tenant_id AND (users.email_key = @identifier OR users.username_key = @identifier);

-- name: UserByID :one
SELECT * FROM users WHERE tenant_id = @tenant_id AND id = @id;

-- name: ListUsers :many
SELECT * FROM users
WHERE tenant_id = @tenant_id AND id < @before
  AND (status = @status OR CAST(@any_status AS boolean) AND status <> 'deleted')
ORDER BY id DESC
LIMIT @page_size;

-- name: ChangeUserStatus :execrows
UPDATE users
SET status = @status, updated_at = @updated_at, revision = revision + 1
WHERE tenant_id = @tenant_id AND id = @id AND status = @was;

-- Of any number of changes made to one revision, one wins.
-- name: UpdateProfile :execrows
UPDATE users
SET username = @username, username_key = @username_key, first_name = @first_name, last_name = @last_name,
    display_name = @display_name, profile_image_url = @profile_image_url, phone_number = @phone_number,
    timezone = @timezone, locale = @locale, user_metadata = @user_metadata, updated_at = @updated_at,
    first_name_key = @first_name_key, last_name_key = @last_name_key, display_name_key = @display_name_key,
    revision = revision + 1
WHERE tenant_id = @tenant_id AND id = @id AND revision = @was;
