-- name: EventsAfter :many
SELECT * FROM events WHERE tenant_id = @tenant_id AND sequence > @sequence ORDER BY sequence LIMIT @page_size;

-- name: LatestEvents :many
SELECT * FROM events WHERE tenant_id = @tenant_id ORDER BY sequence DESC LIMIT @page_size;
