-- Of any number of requests with one key, one gets it. One whose time is over is
-- anybody's; one whose holder died is for the same request again.
-- name: ClaimIdempotencyKey :execrows
INSERT INTO idempotency_keys (tenant_id, key_hash, fingerprint, claim, leased_until, expires_at)
VALUES (@tenant_id, @key_hash, @fingerprint, @claim, @leased_until, @expires_at)
ON CONFLICT (tenant_id, key_hash) DO UPDATE
SET fingerprint = excluded.fingerprint, claim = excluded.claim, leased_until = excluded.leased_until,
    expires_at = excluded.expires_at, mismatches = 0, answer = NULL, user_id = NULL
WHERE idempotency_keys.expires_at <= @now
   OR (idempotency_keys.answer IS NULL AND idempotency_keys.leased_until <= @now
       AND idempotency_keys.fingerprint = excluded.fingerprint);

-- The oldest first, and those that another instance is deleting left to it.
-- name: DeleteExpiredIdempotencyKeys :execrows
DELETE FROM idempotency_keys
WHERE idempotency_keys.tenant_id = @tenant_id AND idempotency_keys.key_hash IN (
    SELECT expired.key_hash
    FROM idempotency_keys AS expired
    WHERE expired.tenant_id = @tenant_id AND expired.expires_at <= @now
    ORDER BY expired.expires_at
    LIMIT @batch_size
    FOR UPDATE SKIP LOCKED
);
