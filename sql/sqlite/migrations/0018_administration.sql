-- +goose Up
-- Who looks after the users of the tenant.
ALTER TABLE users ADD COLUMN administrator INTEGER NOT NULL DEFAULT 0 CHECK (administrator IN (0, 1));
CREATE INDEX users_administrators ON users (tenant_id, id) WHERE administrator;

ALTER TABLE users ADD COLUMN first_name_key TEXT;
ALTER TABLE users ADD COLUMN last_name_key TEXT;
ALTER TABLE users ADD COLUMN display_name_key TEXT;
UPDATE users
SET first_name_key = lower(first_name), last_name_key = lower(last_name), display_name_key = lower(display_name);
CREATE INDEX users_by_first_name ON users (tenant_id, first_name_key) WHERE first_name_key IS NOT NULL;
CREATE INDEX users_by_last_name ON users (tenant_id, last_name_key) WHERE last_name_key IS NOT NULL;
CREATE INDEX users_by_display_name ON users (tenant_id, display_name_key) WHERE display_name_key IS NOT NULL;

-- +goose Down
DROP INDEX users_by_display_name;
DROP INDEX users_by_last_name;
DROP INDEX users_by_first_name;
ALTER TABLE users DROP COLUMN display_name_key;
ALTER TABLE users DROP COLUMN last_name_key;
ALTER TABLE users DROP COLUMN first_name_key;
DROP INDEX users_administrators;
ALTER TABLE users DROP COLUMN administrator;
