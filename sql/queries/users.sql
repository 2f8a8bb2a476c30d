-- name: InsertUser :exec
INSERT INTO users (
    tenant_id, id, email, email_key, email_verified, username, username_key, first_name, last_name, display_name,
    profile_image_url, phone_number, timezone, locale, user_metadata, status, created_at, updated_at, last_sign_in_at
) VALUES (
    @tenant_id, @id, @email, @email_key, @email_verified, @username, @username_key, @first_name, @last_name, @display_name,
    @profile_image_url, @phone_number, @timezone, @locale, @user_metadata, @status, @created_at, @updated_at, @last_sign_in_at
);

-- name: InsertPassword :exec
INSERT INTO passwords (tenant_id, user_id, hash, updated_at)
VALUES (@tenant_id, @user_id, @hash, @updated_at);

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
