-- +goose Up
-- Who looks after the users of the tenant.
ALTER TABLE users ADD COLUMN administrator boolean NOT NULL DEFAULT false;
CREATE INDEX users_administrators ON users (tenant_id, id) WHERE administrator;
CREATE INDEX users_not_active ON users (tenant_id, status, id) WHERE status <> 'active';

-- Keys are compared byte by byte, so that those that begin alike stand together
-- in an index, whatever the database collates by.
ALTER TABLE users ALTER COLUMN email_key TYPE text COLLATE "C";
ALTER TABLE users ALTER COLUMN username_key TYPE text COLLATE "C";
ALTER TABLE users ADD COLUMN first_name_key text COLLATE "C";
ALTER TABLE users ADD COLUMN last_name_key text COLLATE "C";
ALTER TABLE users ADD COLUMN display_name_key text COLLATE "C";
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
ALTER TABLE users ALTER COLUMN username_key TYPE text;
ALTER TABLE users ALTER COLUMN email_key TYPE text;
DROP INDEX users_not_active;
DROP INDEX users_administrators;
ALTER TABLE users DROP COLUMN administrator;
