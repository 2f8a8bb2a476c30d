-- +goose Up
ALTER TABLE signing_keys ADD COLUMN revoked_at timestamptz;

-- +goose Down
-- A program that knows nothing of revoked keys would publish them again.
DELETE FROM signing_keys WHERE revoked_at IS NOT NULL;
ALTER TABLE signing_keys DROP COLUMN revoked_at;
