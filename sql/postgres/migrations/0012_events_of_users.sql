-- +goose Up
-- Whose account an event concerns. It refers to nothing: the log outlives users.
ALTER TABLE events ADD COLUMN user_id uuid;

UPDATE events
SET user_id = coalesce(payload ->> 'user_id', substr(subject, 6))::uuid
WHERE coalesce(payload ->> 'user_id', CASE WHEN subject LIKE 'user:%' THEN substr(subject, 6) END)
    ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

CREATE INDEX events_by_user ON events (tenant_id, user_id, transaction_id, sequence) WHERE user_id IS NOT NULL;

-- +goose Down
DROP INDEX events_by_user;
ALTER TABLE events DROP COLUMN user_id;
