-- name: EventsAfter :many
SELECT * FROM events WHERE tenant_id = @tenant_id AND sequence > @sequence ORDER BY sequence LIMIT @page_size;

-- name: LatestEvents :many
SELECT * FROM events WHERE tenant_id = @tenant_id ORDER BY sequence DESC LIMIT @page_size;

-- The names stand between commas, with one at both ends; one alone is any name.
-- name: EventsOfUser :many
SELECT * FROM events
WHERE tenant_id = @tenant_id AND user_id = @user_id AND (CAST(@names AS TEXT) = ',' OR instr(CAST(@names AS TEXT), ',' || name || ',') > 0) AND sequence < @sequence
ORDER BY sequence DESC
LIMIT @page_size;
