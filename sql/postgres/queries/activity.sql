-- name: InsertFirstDevice :exec
INSERT INTO devices (tenant_id, user_id, fingerprint, name, type, browser, os, first_seen_at, last_seen_at)
VALUES (@tenant_id, @user_id, @fingerprint, @name, @type, @browser, @os, @seen_at, @seen_at);

-- The device of a session that was just opened, when the account does not know
-- it: the insert decides. It is told of when the account knows another, as that
-- was before this statement; the lock on the user keeps others from it meanwhile.
-- Whoever is to be told by mail is owed one.
-- name: MeetDevice :exec
WITH met AS (
    INSERT INTO devices (tenant_id, user_id, fingerprint, name, type, browser, os, first_seen_at, last_seen_at)
    SELECT
        sessions.tenant_id, sessions.user_id, @fingerprint::bytea, sessions.device_name, sessions.device_type,
        sessions.browser, sessions.os, sessions.created_at, sessions.created_at
    FROM sessions
    WHERE sessions.tenant_id = @tenant_id AND sessions.id = @session_id
    ON CONFLICT (tenant_id, user_id, fingerprint) DO NOTHING
    RETURNING tenant_id, user_id
), told AS (
    SELECT met.tenant_id, met.user_id
    FROM met
    WHERE EXISTS (SELECT 1 FROM devices AS others WHERE others.tenant_id = met.tenant_id AND others.user_id = met.user_id)
), owed AS (
    INSERT INTO mails (
        tenant_id, id, kind, user_id, recipient, recipient_key, details, request_id, created_at, due_at, attempt, holder, last_error
    )
    SELECT
        told.tenant_id, @mail_id::uuid, @mail_kind::text, told.user_id, @mail_recipient::text, @mail_recipient_key::text,
        @mail_details::jsonb, @mail_request_id::text, @mail_created_at::timestamptz, @mail_created_at::timestamptz, 0, '', ''
    FROM told
    WHERE @mail_is_owed::boolean
)
INSERT INTO events (tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at)
SELECT
    told.tenant_id, told.user_id, @event_name::text, @event_actor::text, @event_subject::text, @event_request_id::text,
    @event_address::text, @event_payload::jsonb, @event_occurred_at::timestamptz
FROM told;

-- Rows that somebody else is changing are passed over: a rotation writes the
-- same instant itself, and what holds several rows may want others of these.
-- name: TouchSessions :exec
WITH noted AS (
    SELECT unnest(@sessions::uuid[]) AS id, unnest(@instants::timestamptz[]) AS last_at
), free AS (
    SELECT live.id, noted.last_at
    FROM sessions AS live
    JOIN noted ON noted.id = live.id
    WHERE live.tenant_id = @tenant_id AND live.ended_at IS NULL
      AND live.expires_at > noted.last_at AND live.last_activity_at < noted.last_at
    FOR NO KEY UPDATE OF live SKIP LOCKED
)
UPDATE sessions
SET last_activity_at = free.last_at
FROM free
WHERE sessions.tenant_id = @tenant_id AND sessions.id = free.id
  AND sessions.ended_at IS NULL AND sessions.last_activity_at < free.last_at;

-- In one order, so that two instances do not wait for each other. The lock on the
-- user waits for one who is being erased, and then finds that they are gone.
-- name: SeeAddresses :exec
WITH noted AS (
    SELECT
        unnest(@sessions::uuid[]) AS id, unnest(@addresses::text[]) AS address,
        unnest(@first_seen::timestamptz[]) AS first_at, unnest(@last_seen::timestamptz[]) AS last_at
)
INSERT INTO session_addresses (tenant_id, session_id, address, first_seen_at, last_seen_at)
SELECT sessions.tenant_id, sessions.id, noted.address, noted.first_at, noted.last_at
FROM sessions
JOIN noted ON noted.id = sessions.id
JOIN users ON users.tenant_id = sessions.tenant_id AND users.id = sessions.user_id
WHERE sessions.tenant_id = @tenant_id AND users.status <> 'deleted'
ORDER BY sessions.id, noted.address
FOR KEY SHARE OF users
ON CONFLICT (tenant_id, session_id, address) DO UPDATE
SET first_seen_at = least(session_addresses.first_seen_at, excluded.first_seen_at),
    last_seen_at  = greatest(session_addresses.last_seen_at, excluded.last_seen_at);

-- name: ForgetAddresses :exec
DELETE FROM session_addresses
USING (
    SELECT
        seen.session_id, seen.address,
        row_number() OVER (PARTITION BY seen.session_id ORDER BY seen.last_seen_at DESC, seen.address) AS place
    FROM session_addresses AS seen
    WHERE seen.tenant_id = @tenant_id AND seen.session_id = ANY (@sessions::uuid[])
) AS ranked
WHERE session_addresses.tenant_id = @tenant_id AND session_addresses.session_id = ranked.session_id
  AND session_addresses.address = ranked.address AND ranked.place > @most::bigint;
