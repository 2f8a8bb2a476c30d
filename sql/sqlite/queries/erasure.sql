-- name: EraseSessions :exec
UPDATE sessions
SET address = '', user_agent = '', device_name = '', device_type = 'unknown', browser = '', os = '', key_thumbprint = ''
WHERE tenant_id = @tenant_id AND user_id = @user_id;

-- Where another user was who did something to this one stays. Of the payloads stay the members that are kept: they stand between commas, with
-- one at both ends. The reason of a suspension is in somebody's own words.
-- name: EraseEvents :exec
UPDATE events
SET address = CASE WHEN actor LIKE 'user:%' AND actor <> @actor THEN address ELSE '' END,
    request_id = CASE WHEN actor LIKE 'user:%' AND actor <> @actor THEN request_id ELSE '' END,
    payload = (
        SELECT json_group_object(member.key, member.value)
        FROM json_each(events.payload) AS member
        WHERE instr(CAST(@kept AS TEXT), ',' || member.key || ',') > 0
          AND NOT (events.name = 'user.suspended' AND member.key = 'reason')
    )
WHERE events.tenant_id = @tenant_id AND events.user_id = @user_id;
