-- name: KeepGuesses :exec
INSERT INTO guesses (tenant_id, subject, failures, since, retry_at, origin, of_origin, told, last_day)
VALUES (@tenant_id, @subject, @failures, @since, @retry_at, @origin, @of_origin, @told, @last_day)
ON CONFLICT (tenant_id, subject) DO UPDATE
SET failures = excluded.failures, since = excluded.since, retry_at = excluded.retry_at, origin = excluded.origin,
    of_origin = excluded.of_origin, told = excluded.told, last_day = excluded.last_day;

-- name: KnownDevice :one
SELECT sessions.id FROM sessions
JOIN passwords ON passwords.tenant_id = sessions.tenant_id AND passwords.user_id = sessions.user_id
WHERE sessions.tenant_id = @tenant_id AND sessions.id = @session_id AND sessions.user_id = @user_id
  AND (
      (sessions.ended_at IS NULL AND sessions.expires_at > @now AND sessions.last_activity_at > @idle_since)
      OR (sessions.authenticated_at >= passwords.updated_at AND (sessions.ended_at IS NULL OR sessions.end_reason IN ('signed_out', 'displaced')))
  );

-- name: TellOfGuesses :execrows
UPDATE guesses SET told = 1 WHERE tenant_id = @tenant_id AND subject = @subject AND told = 0 AND failures >= @tell;

-- name: RemoveForgottenGuesses :execrows
DELETE FROM guesses
WHERE guesses.tenant_id = @tenant_id AND guesses.subject IN (
    SELECT forgotten.subject FROM guesses AS forgotten
    WHERE forgotten.tenant_id = @tenant_id AND forgotten.last_day < @day AND (forgotten.failures = 0 OR forgotten.last_day < @forgotten_day)
    ORDER BY forgotten.last_day
    LIMIT @batch_size
);
