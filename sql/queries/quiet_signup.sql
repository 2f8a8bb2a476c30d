-- A sign-up that must not tell whether there was an account: the same statements
-- either way.
-- name: InsertFreeUser :execrows
INSERT INTO users (
    tenant_id, id, email, email_key, email_verified, email_owned, username, username_key, first_name, last_name, display_name,
    profile_image_url, phone_number, timezone, locale, user_metadata, status, created_at, updated_at, last_sign_in_at,
    revision, administrator, first_name_key, last_name_key, display_name_key
) VALUES (
    @tenant_id, @id, @email, @email_key, @email_verified, @email_verified, @username, @username_key, @first_name, @last_name, @display_name,
    @profile_image_url, @phone_number, @timezone, @locale, @user_metadata, @status, @created_at, @updated_at, @last_sign_in_at,
    @revision, @administrator, @first_name_key, @last_name_key, @display_name_key
)
ON CONFLICT DO NOTHING;
