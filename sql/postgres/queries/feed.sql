-- Which transactions have ended, and since when this server runs: its
-- transaction ids mean nothing to another one.
-- @sqlc-vet-disable tenant
-- name: FeedSnapshot :one
SELECT pg_current_snapshot()::text AS snapshot, (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint AS server;

-- The transaction to begin with, to miss nothing since a time. Materialized, so
-- that it is found by the time and not by walking all of history.
-- name: FeedStart :many
WITH recent AS MATERIALIZED (
    SELECT transaction_id
    FROM events
    WHERE tenant_id = @tenant_id
      AND name IN ('session.revoked', 'session.all_revoked', 'key.rotated', 'key.revoked')
      AND occurred_at >= @since
)
SELECT transaction_id FROM recent ORDER BY transaction_id LIMIT 1;

-- What was committed between two snapshots, in whatever order it began: a
-- transaction that runs for long holds nobody else's back. Without the first
-- snapshot, everything up to the second that happened since a time.
-- name: FeedPage :many
SELECT transaction_id, sequence, tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at
FROM events
WHERE tenant_id = @tenant_id
  AND name IN ('session.revoked', 'session.all_revoked', 'key.rotated', 'key.revoked')
  AND transaction_id >= @transaction_id::xid8
  AND (transaction_id > @transaction_id::xid8 OR sequence > @sequence)
  AND (NOT @from_start::boolean OR occurred_at >= @since)
  AND (@from_start::boolean OR NOT pg_visible_in_snapshot(transaction_id, CAST(@base::text AS pg_snapshot)))
  AND pg_visible_in_snapshot(transaction_id, CAST(@target::text AS pg_snapshot))
ORDER BY transaction_id, sequence
LIMIT @page_size;
