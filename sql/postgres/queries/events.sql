-- A transaction id that this server has not reached was given by another one,
-- before a logical backup was restored here: it counts as the beginning.
-- name: EventsAfter :many
WITH start AS (
    SELECT CASE WHEN @transaction_id::xid8 < pg_snapshot_xmax(pg_current_snapshot()) THEN @transaction_id::xid8 ELSE '0'::xid8 END AS transaction_id
)
SELECT events.transaction_id, sequence, tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at
FROM events, start
WHERE tenant_id = @tenant_id
  AND events.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
  AND events.transaction_id >= start.transaction_id
  AND (events.transaction_id > start.transaction_id OR sequence > @sequence)
ORDER BY events.transaction_id, sequence
LIMIT @page_size;

-- name: LatestEvents :many
SELECT transaction_id, sequence, tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at
FROM events
WHERE tenant_id = @tenant_id AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY transaction_id DESC, sequence DESC
LIMIT @page_size;

-- The last first, so nothing is held back: what is committed later with an
-- earlier transaction id is there when the list is read again. A transaction id
-- that this server has not reached counts as in EventsAfter. No names are any name.
-- name: EventsOfUser :many
WITH start AS (
    SELECT CASE
        WHEN @from_last::boolean THEN pg_snapshot_xmax(pg_current_snapshot())
        WHEN @transaction_id::xid8 < pg_snapshot_xmax(pg_current_snapshot()) THEN @transaction_id::xid8
        ELSE '0'::xid8
    END AS transaction_id
)
SELECT events.transaction_id, sequence, tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at
FROM events, start
WHERE tenant_id = @tenant_id AND user_id = @user_id::uuid
  AND (cardinality(@names::text[]) = 0 OR name = ANY (@names::text[]))
  AND events.transaction_id <= start.transaction_id
  AND (events.transaction_id < start.transaction_id OR sequence < @sequence)
ORDER BY events.transaction_id DESC, sequence DESC
LIMIT @page_size;

-- Whoever restores a logical backup brings events of transaction ids that this
-- server has yet to give; readers would hold them back until then. The highest
-- id of a tenant stands at the end of its part of the index.
-- @sqlc-vet-disable tenant
-- name: TenantsWithRestoredEvents :many
SELECT tenants.id
FROM tenants
WHERE (
    SELECT events.transaction_id
    FROM events
    WHERE events.tenant_id = tenants.id
    ORDER BY events.transaction_id DESC
    LIMIT 1
) >= pg_snapshot_xmax(pg_current_snapshot());

-- The oldest first, so that what is left when this is interrupted is still found
-- by its highest id.
-- name: AdoptRestoredEvents :execrows
UPDATE events
SET transaction_id = '0'
FROM (
    SELECT restored.transaction_id, restored.sequence
    FROM events AS restored
    WHERE restored.tenant_id = @tenant_id AND restored.transaction_id > '0'::xid8
    ORDER BY restored.transaction_id, restored.sequence
    LIMIT @batch_size
) AS oldest
WHERE events.tenant_id = @tenant_id AND events.transaction_id = oldest.transaction_id AND events.sequence = oldest.sequence;
