-- One whose time is over is anybody's; one whose holder died is for the same
-- request again.
-- name: ClaimIdempotencyKey :execrows
UPDATE idempotency_keys
SET fingerprint = @fingerprint, claim = @claim, leased_until = @leased_until, expires_at = @expires_at,
    mismatches = 0, answer = NULL, user_id = NULL
WHERE tenant_id = @tenant_id AND key_hash = @key_hash AND (
    expires_at <= @now OR (answer IS NULL AND leased_until <= @now AND fingerprint = @fingerprint)
);

-- For a key that nobody has.
-- name: InsertIdempotencyKey :execrows
INSERT INTO idempotency_keys (tenant_id, key_hash, fingerprint, claim, leased_until, expires_at)
VALUES (@tenant_id, @key_hash, @fingerprint, @claim, @leased_until, @expires_at)
ON CONFLICT DO NOTHING;

-- The oldest first.
-- name: DeleteExpiredIdempotencyKeys :execrows
DELETE FROM idempotency_keys
WHERE idempotency_keys.tenant_id = @tenant_id AND idempotency_keys.key_hash IN (
    SELECT expired.key_hash
    FROM idempotency_keys AS expired
    WHERE expired.tenant_id = @tenant_id AND expired.expires_at <= @now
    ORDER BY expired.expires_at
    LIMIT @batch_size
);
