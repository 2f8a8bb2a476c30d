-- A guess is counted before it is looked at, as core/guess.Rule.Take says: by the
-- known device that was shown, or else by the network and, if that may, by the
-- account or the name that is nobody's. While any of them has to wait, none is
-- touched, and earliest tells how long. Each row decides for itself when guesses
-- come at once, for a conflict is settled on the row as it is by then.
-- name: TakeGuess :one
WITH asked AS (
    SELECT
        @tenant_id::uuid AS tenant_id, @nobody::text AS nobody, @address::text AS address, @origin::text AS origin,
        @now::bigint AS present, @last_day::bigint AS last_day,
        @waits::bigint[] AS waits, @forget::bigint AS forget, @address_waits::bigint[] AS address_waits, @address_forget::bigint AS address_forget
), wanted AS (
    SELECT users.id FROM users
    WHERE users.tenant_id = @tenant_id AND (users.email_key = @identifier OR users.username_key = @identifier)
), device AS (
    SELECT 'device:' || sessions.id::text AS subject
    FROM wanted
    JOIN sessions ON sessions.tenant_id = @tenant_id AND sessions.user_id = wanted.id
    JOIN passwords ON passwords.tenant_id = @tenant_id AND passwords.user_id = wanted.id
    WHERE sessions.id = @device::uuid
      AND (
          (sessions.ended_at IS NULL AND sessions.expires_at > @at AND sessions.last_activity_at > @idle_since)
          OR (sessions.authenticated_at >= passwords.updated_at AND (sessions.ended_at IS NULL OR sessions.end_reason IN ('signed_out', 'displaced')))
      )
), target AS (
    SELECT
        coalesce((SELECT subject FROM device), (SELECT 'account:' || wanted.id::text FROM wanted), asked.nobody) AS subject,
        CASE WHEN EXISTS (SELECT 1 FROM device) THEN '' ELSE asked.address END AS address
    FROM asked
), waiting AS (
    SELECT coalesce(max(guesses.retry_at), 0)::bigint AS earliest
    FROM asked
    CROSS JOIN target
    JOIN guesses ON guesses.subject IN (target.subject, target.address)
    WHERE guesses.tenant_id = @tenant_id AND guesses.retry_at > asked.present
      AND guesses_wait(CASE guesses.subject WHEN target.subject THEN asked.waits ELSE asked.address_waits END, guesses.failures) > 0
), network AS (
    INSERT INTO guesses (tenant_id, subject, failures, since, retry_at, origin, of_origin, told, last_day)
    SELECT asked.tenant_id, target.address, 1, asked.present, asked.present + guesses_wait(asked.address_waits, 1), '', 1, false, asked.last_day
    FROM asked, target, waiting
    WHERE target.address <> '' AND waiting.earliest = 0
    ON CONFLICT (tenant_id, subject) DO UPDATE
    SET (failures, since, retry_at, origin, of_origin, told, last_day) = (
        SELECT
            past.remaining + 1,
            CASE past.remaining WHEN 0 THEN excluded.since ELSE guesses.since + (guesses.failures - past.remaining) * asked.address_forget END,
            excluded.since + guesses_wait(asked.address_waits, past.remaining + 1),
            excluded.origin,
            CASE guesses.origin WHEN excluded.origin THEN least(guesses.of_origin, past.remaining) ELSE 0 END + 1,
            guesses.told AND past.remaining > 0,
            excluded.last_day
        FROM asked
        CROSS JOIN LATERAL (SELECT guesses_left(guesses.failures, guesses.since, excluded.since, asked.address_forget) AS remaining) AS past
    )
    WHERE guesses.retry_at <= excluded.since OR (SELECT guesses_wait(asked.address_waits, guesses.failures) = 0 FROM asked)
    RETURNING failures, told
), taken AS (
    INSERT INTO guesses (tenant_id, subject, failures, since, retry_at, origin, of_origin, told, last_day)
    SELECT asked.tenant_id, target.subject, 1, asked.present, asked.present + guesses_wait(asked.waits, 1), asked.origin, 1, false, asked.last_day
    FROM asked, target, waiting
    WHERE waiting.earliest = 0 AND (target.address = '' OR EXISTS (SELECT 1 FROM network))
    ON CONFLICT (tenant_id, subject) DO UPDATE
    SET (failures, since, retry_at, origin, of_origin, told, last_day) = (
        SELECT
            past.remaining + 1,
            CASE past.remaining WHEN 0 THEN excluded.since ELSE guesses.since + (guesses.failures - past.remaining) * asked.forget END,
            excluded.since + guesses_wait(asked.waits, past.remaining + 1),
            excluded.origin,
            CASE guesses.origin WHEN excluded.origin THEN least(guesses.of_origin, past.remaining) ELSE 0 END + 1,
            guesses.told AND past.remaining > 0,
            excluded.last_day
        FROM asked
        CROSS JOIN LATERAL (SELECT guesses_left(guesses.failures, guesses.since, excluded.since, asked.forget) AS remaining) AS past
    )
    WHERE guesses.retry_at <= excluded.since OR (SELECT guesses_wait(asked.waits, guesses.failures) = 0 FROM asked)
    RETURNING failures, told
)
SELECT
    target.subject::text AS subject, target.address::text AS address, waiting.earliest,
    coalesce((SELECT failures FROM taken), 0)::bigint AS failures, coalesce((SELECT told FROM taken), false)::boolean AS told,
    coalesce((SELECT failures FROM network), 0)::bigint AS address_failures, coalesce((SELECT told FROM network), false)::boolean AS address_told
FROM target, waiting;

-- A guess was right, or was not looked at: core/guess.Rule.Forgive. A right one
-- counts only if its session was opened before in the same transaction.
-- name: ForgiveGuess :exec
UPDATE guesses
SET failures  = greatest(failures - CASE WHEN @proven::boolean AND origin = @origin THEN greatest(of_origin, 1) ELSE 1 END, 0),
    retry_at  = retry_at - guesses_wait(@waits::bigint[], failures)
                + guesses_wait(@waits, greatest(failures - CASE WHEN @proven::boolean AND origin = @origin THEN greatest(of_origin, 1) ELSE 1 END, 0)),
    of_origin = least(greatest(of_origin - CASE WHEN @proven::boolean AND origin = @origin THEN greatest(of_origin, 1) ELSE 1 END, 0), greatest(failures - CASE WHEN @proven::boolean AND origin = @origin THEN greatest(of_origin, 1) ELSE 1 END, 0)),
    told      = told AND failures > CASE WHEN @proven::boolean AND origin = @origin THEN greatest(of_origin, 1) ELSE 1 END
WHERE guesses.tenant_id = @tenant_id AND guesses.subject = @subject
  AND (NOT @in_session::boolean OR EXISTS (
      SELECT 1 FROM sessions
      WHERE sessions.tenant_id = @tenant_id AND sessions.id = @session_id::uuid AND sessions.authenticated_at = @proven_at::timestamptz
  ));

-- Whoever finds that an episode was not told of yet tells of it: with an event,
-- and where a mail is owed with that.
-- name: TellOfGuesses :exec
WITH told AS (
    UPDATE guesses SET told = true
    WHERE guesses.tenant_id = @tenant_id AND guesses.subject = @subject AND NOT guesses.told AND guesses.failures >= @tell
    RETURNING guesses.tenant_id
), happened AS (
    INSERT INTO events (tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at)
    SELECT
        told.tenant_id, sqlc.narg('event_user_id')::uuid, @event_name::text, @event_actor::text, @event_subject::text, @event_request_id::text,
        @event_address::text, @event_payload::jsonb, @event_occurred_at::timestamptz
    FROM told
)
INSERT INTO mails (
    tenant_id, id, kind, user_id, recipient, recipient_key, details, request_id, created_at, due_at, attempt, holder, handed_over_at, dead_at, last_error
)
SELECT
    told.tenant_id, @mail_id::uuid, @mail_kind::text, sqlc.narg('mail_user_id')::uuid, '', '', @mail_details::jsonb, @event_request_id,
    @event_occurred_at, @event_occurred_at, 0, '', NULL, NULL, ''
FROM told
WHERE @mail_owed::boolean;

-- name: RemoveForgottenGuesses :execrows
WITH forgotten AS (
    SELECT old.subject FROM guesses AS old
    WHERE old.tenant_id = @tenant_id AND old.last_day < @day AND (old.failures = 0 OR old.last_day < @forgotten_day)
    ORDER BY old.last_day
    LIMIT @batch_size
    FOR UPDATE SKIP LOCKED
)
DELETE FROM guesses USING forgotten WHERE guesses.tenant_id = @tenant_id AND guesses.subject = forgotten.subject;
