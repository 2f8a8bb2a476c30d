-- The first half of opening a session: after it nobody changes the status or
-- the password of this user until the transaction ends, for whatever changes
-- them updates this row.
-- name: LockUser :exec
SELECT 1 FROM users WHERE tenant_id = @tenant_id AND id = @id FOR NO KEY UPDATE;

-- The second half, a statement of its own so that it sees what was committed
-- while the first one waited.
-- name: OpenSession :execrows
WITH opened AS (
    INSERT INTO sessions (
        tenant_id, id, user_id, address, user_agent, device_name, device_type, browser, os, methods, authenticated_at,
        created_at, last_activity_at, expires_at, ends_at, end_reason, secret_hash, generation, rotated_at,
        key_thumbprint
    )
    SELECT
        users.tenant_id, @id::uuid, users.id, @address::text, @user_agent::text, @device_name::text, @device_type::text,
        @browser::text, @os::text, @methods::text, @authenticated_at::timestamptz, @created_at::timestamptz,
        @last_activity_at::timestamptz, @expires_at::timestamptz, @ends_at::timestamptz, '', @secret_hash::bytea,
        @generation::bigint, @rotated_at::timestamptz, @key_thumbprint::text
    FROM users
    LEFT JOIN passwords ON passwords.tenant_id = users.tenant_id AND passwords.user_id = users.id
    WHERE users.tenant_id = @tenant_id AND users.id = @user_id AND users.status = 'active'
      AND (@unasked::boolean OR passwords.hash = @password_hash)
    RETURNING tenant_id, user_id, created_at
), seen AS (
    UPDATE users
    SET last_sign_in_at = opened.created_at
    FROM opened
    WHERE users.tenant_id = opened.tenant_id AND users.id = opened.user_id
)
INSERT INTO events (tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at)
SELECT
    opened.tenant_id, opened.user_id, @event_name::text, @event_actor::text, @event_subject::text, @event_request_id::text,
    @event_address::text, @event_payload::jsonb, @event_occurred_at::timestamptz
FROM opened;

-- name: EndSession :execrows
WITH ended AS (
    UPDATE sessions
    SET ended_at = @ended_at, end_reason = @end_reason
    WHERE sessions.tenant_id = @tenant_id AND sessions.id = @id AND sessions.user_id = @user_id
      AND ended_at IS NULL AND expires_at > @ended_at AND last_activity_at > @idle_since
    RETURNING sessions.tenant_id, sessions.user_id
)
INSERT INTO events (tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at)
SELECT
    ended.tenant_id, ended.user_id, @event_name::text, @event_actor::text, @event_subject::text, @event_request_id::text,
    @event_address::text, @event_payload::jsonb, @event_occurred_at::timestamptz
FROM ended;

-- In the order of their ids, as everything locks that locks several sessions of
-- a user: two in other orders would wait for each other.
-- name: EndOtherSessions :many
UPDATE sessions
SET ended_at = @ended_at, end_reason = @end_reason
WHERE sessions.tenant_id = @tenant_id AND sessions.id IN (
    SELECT others.id FROM sessions AS others
    WHERE others.tenant_id = @tenant_id AND others.user_id = @user_id AND others.id <> @keep
      AND others.ended_at IS NULL AND others.expires_at > @ended_at AND others.last_activity_at > @idle_since
    ORDER BY others.id
    FOR UPDATE
)
RETURNING sessions.id;

-- The last part of opening a session where their number is limited: the oldest
-- others of the user's beyond those kept end. It sees the session that was
-- opened before it in the same transaction; when that was refused, it ends none.
-- name: DisplaceSessions :execrows
WITH surplus AS (
    SELECT others.id FROM sessions AS others
    WHERE others.tenant_id = @tenant_id AND others.user_id = @user_id AND others.id <> @opened
      AND others.ended_at IS NULL AND others.expires_at > @ended_at AND others.last_activity_at > @idle_since
      AND EXISTS (SELECT 1 FROM sessions AS newest WHERE newest.tenant_id = @tenant_id AND newest.id = @opened)
    ORDER BY others.id DESC
    OFFSET @others_kept::bigint
), locked AS (
    SELECT live.id FROM sessions AS live
    WHERE live.tenant_id = @tenant_id AND live.id IN (SELECT surplus.id FROM surplus) AND live.ended_at IS NULL
    ORDER BY live.id
    FOR UPDATE
), ended AS (
    UPDATE sessions
    SET ended_at = @ended_at, end_reason = @end_reason
    FROM locked
    WHERE sessions.tenant_id = @tenant_id AND sessions.id = locked.id
    RETURNING sessions.tenant_id, sessions.id, sessions.user_id
)
INSERT INTO events (tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at)
SELECT
    ended.tenant_id, ended.user_id, @event_name::text, @event_actor::text, 'session:' || ended.id::text, @event_request_id::text,
    @event_address::text, @event_payload::jsonb, @event_occurred_at::timestamptz
FROM ended
ORDER BY ended.id;

-- name: ReauthenticateSession :one
WITH proved AS (
    UPDATE sessions
    SET authenticated_at = @at, methods = @methods, last_activity_at = @at
    WHERE sessions.tenant_id = @tenant_id AND sessions.id = @id AND sessions.user_id = @user_id
      AND ended_at IS NULL AND expires_at > @at AND last_activity_at > @idle_since
      AND EXISTS (
          SELECT 1 FROM users
          JOIN passwords ON passwords.tenant_id = users.tenant_id AND passwords.user_id = users.id
          WHERE users.tenant_id = sessions.tenant_id AND users.id = sessions.user_id
            AND users.status = 'active' AND passwords.hash = @password_hash
      )
    RETURNING sessions.*
), happened AS (
    INSERT INTO events (tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at)
    SELECT
        proved.tenant_id, proved.user_id, @event_name::text, @event_actor::text, @event_subject::text, @event_request_id::text,
        @event_address::text, @event_payload::jsonb, @event_occurred_at::timestamptz
    FROM proved
)
SELECT * FROM proved;

-- In the order of their ids: two that lock the same sessions in other orders
-- would wait for each other.
-- name: EndSessionsBetween :many
UPDATE sessions
SET ended_at = @ended_at, end_reason = @end_reason
WHERE sessions.tenant_id = @tenant_id AND sessions.id IN (
    SELECT live.id FROM sessions AS live
    WHERE live.tenant_id = @tenant_id AND live.id > @after AND live.id <= @last AND live.ended_at IS NULL AND live.expires_at > @ended_at
    ORDER BY live.id
    FOR UPDATE
)
RETURNING sessions.id, sessions.user_id;

-- What somebody else is at work on is left for the next time: this waits for
-- nobody.
-- name: RemoveSessions :execrows
WITH gone AS (
    SELECT id FROM sessions
    WHERE tenant_id = @tenant_id AND coalesce(ended_at, ends_at) <= @over_by::timestamptz
    ORDER BY coalesce(ended_at, ends_at)
    LIMIT @batch_size
    FOR UPDATE SKIP LOCKED
)
DELETE FROM sessions USING gone WHERE sessions.tenant_id = @tenant_id AND sessions.id = gone.id;
