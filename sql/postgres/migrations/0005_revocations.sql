-- +goose Up
-- What every instance follows, from where it last looked and from a time on.
-- The names are those of the queries of the feed.
CREATE INDEX events_revocations ON events (tenant_id, transaction_id, sequence)
    WHERE name IN ('session.revoked', 'session.all_revoked', 'key.rotated', 'key.revoked');
CREATE INDEX events_revocations_by_time ON events (tenant_id, occurred_at, transaction_id)
    WHERE name IN ('session.revoked', 'session.all_revoked', 'key.rotated', 'key.revoked');

-- +goose Down
DROP INDEX events_revocations_by_time;
DROP INDEX events_revocations;
