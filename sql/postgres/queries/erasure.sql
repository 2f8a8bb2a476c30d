-- In the order of their ids, as everything locks that locks several sessions.
-- name: EraseSessions :exec
UPDATE sessions
SET address = '', user_agent = '', device_name = '', device_type = 'unknown', browser = '', os = '', key_thumbprint = ''
WHERE sessions.tenant_id = @tenant_id AND sessions.id IN (
    SELECT own.id FROM sessions AS own
    WHERE own.tenant_id = @tenant_id AND own.user_id = @user_id
    ORDER BY own.id
    FOR UPDATE
);

-- Where another user was who did something to this one stays. Of the payloads
-- stay the members that are kept. The reason of a suspension is
-- in somebody's own words.
-- name: EraseEvents :exec
UPDATE events
SET address = CASE WHEN actor LIKE 'user:%' AND actor <> @actor THEN address ELSE '' END,
    request_id = CASE WHEN actor LIKE 'user:%' AND actor <> @actor THEN request_id ELSE '' END,
    payload = (
        SELECT coalesce(jsonb_object_agg(member.key, member.value), '{}'::jsonb)
        FROM jsonb_each(events.payload) AS member
        WHERE member.key = ANY (@kept::text[]) AND NOT (events.name = 'user.suspended' AND member.key = 'reason')
    )
WHERE events.tenant_id = @tenant_id AND events.user_id = @user_id::uuid;
