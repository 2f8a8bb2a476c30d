-- +goose Up
-- How often what is shown of an account has changed: what a change is held
-- against.
ALTER TABLE users ADD COLUMN revision bigint NOT NULL DEFAULT 1;

-- What somebody did to another's account, or to none: little of all there is.
CREATE INDEX events_by_actor ON events (tenant_id, actor)
    WHERE actor LIKE 'user:%' AND (user_id IS NULL OR actor <> 'user:' || user_id::text);

-- +goose Down
DROP INDEX events_by_actor;
-- A program that knows nothing of erased accounts wants an address of each, and
-- one that knows nothing of international domains wants it in ASCII.
UPDATE users SET email = id::text || '@deleted.invalid', email_key = id::text || '@deleted.invalid' WHERE email = '';
UPDATE users SET email = email_key WHERE email ~ '[^ -~]';
ALTER TABLE users DROP COLUMN revision;
