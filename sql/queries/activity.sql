-- The address of a session that was just opened; none when it was refused.
-- name: InsertFirstAddress :exec
INSERT INTO session_addresses (tenant_id, session_id, address, first_seen_at, last_seen_at)
SELECT sessions.tenant_id, sessions.id, sessions.address, sessions.created_at, sessions.created_at
FROM sessions
WHERE sessions.tenant_id = @tenant_id AND sessions.id = @session_id AND sessions.address <> '';

-- The device of a session that was just opened; none when it was refused.
-- name: SeeDevice :exec
UPDATE devices
SET last_seen_at = @seen_at, name = @name, browser = @browser
WHERE devices.tenant_id = @tenant_id AND devices.user_id = @user_id AND devices.fingerprint = @fingerprint
  AND devices.last_seen_at < @seen_at
  AND EXISTS (SELECT 1 FROM sessions WHERE sessions.tenant_id = @tenant_id AND sessions.id = @session_id);

-- name: ForgetDevices :exec
DELETE FROM devices
WHERE devices.tenant_id = @tenant_id AND devices.user_id = @user_id AND devices.fingerprint IN (
    SELECT surplus.fingerprint
    FROM devices AS surplus
    WHERE surplus.tenant_id = @tenant_id AND surplus.user_id = @user_id
    ORDER BY surplus.last_seen_at DESC, surplus.fingerprint
    LIMIT 1000 OFFSET @most
);

-- name: DeviceByFingerprint :one
SELECT * FROM devices
WHERE tenant_id = @tenant_id AND user_id = @user_id AND fingerprint = @fingerprint;

-- name: ListAddresses :many
SELECT address, first_seen_at, last_seen_at
FROM session_addresses
WHERE tenant_id = @tenant_id AND session_id = @session_id
ORDER BY last_seen_at DESC, address;

-- name: ListDevices :many
SELECT * FROM devices
WHERE tenant_id = @tenant_id AND user_id = @user_id
ORDER BY last_seen_at DESC, fingerprint;
