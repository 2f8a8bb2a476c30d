-- name: MeetDevice :execrows
INSERT INTO devices (tenant_id, user_id, fingerprint, name, type, browser, os, first_seen_at, last_seen_at)
VALUES (@tenant_id, @user_id, @fingerprint, @name, @type, @browser, @os, @seen_at, @seen_at)
ON CONFLICT (tenant_id, user_id, fingerprint) DO NOTHING;

-- name: CountDevices :one
SELECT count(*) FROM devices WHERE tenant_id = @tenant_id AND user_id = @user_id;

-- name: TouchSession :exec
UPDATE sessions
SET last_activity_at = @last_at
WHERE tenant_id = @tenant_id AND id = @id AND ended_at IS NULL AND expires_at > @last_at AND last_activity_at < @last_at;

-- None is stored of an account that was erased meanwhile.
-- name: SeeAddress :exec
INSERT INTO session_addresses (tenant_id, session_id, address, first_seen_at, last_seen_at)
SELECT sessions.tenant_id, sessions.id, @address, @first_at, @last_at
FROM sessions
JOIN users ON users.tenant_id = sessions.tenant_id AND users.id = sessions.user_id
WHERE sessions.tenant_id = @tenant_id AND sessions.id = @id AND users.status <> 'deleted'
ON CONFLICT (tenant_id, session_id, address) DO UPDATE
SET first_seen_at = min(session_addresses.first_seen_at, excluded.first_seen_at),
    last_seen_at  = max(session_addresses.last_seen_at, excluded.last_seen_at);

-- name: ForgetAddresses :exec
DELETE FROM session_addresses
WHERE session_addresses.tenant_id = @tenant_id AND session_addresses.session_id = @session_id AND session_addresses.address IN (
    SELECT surplus.address
    FROM session_addresses AS surplus
    WHERE surplus.tenant_id = @tenant_id AND surplus.session_id = @session_id
    ORDER BY surplus.last_seen_at DESC, surplus.address
    LIMIT 1000 OFFSET @most
);
