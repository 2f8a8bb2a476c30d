-- What is remembered of a key. A request that is not the one the key was
-- claimed for is counted in the same breath: however many come at once, none is
-- compared that the count does not show.
-- name: PresentIdempotencyKey :one
UPDATE idempotency_keys
SET mismatches = mismatches + CASE WHEN fingerprint = @fingerprint THEN 0 ELSE 1 END
WHERE tenant_id = @tenant_id AND key_hash = @key_hash
RETURNING fingerprint, leased_until, expires_at, mismatches, answer;

-- Only whoever claimed the key keeps an answer under it, and once.
-- name: KeepIdempotentAnswer :execrows
UPDATE idempotency_keys
SET answer = @answer, user_id = @user_id
WHERE tenant_id = @tenant_id AND key_hash = @key_hash AND claim = @claim AND answer IS NULL;

-- name: ReleaseIdempotencyKey :exec
DELETE FROM idempotency_keys
WHERE tenant_id = @tenant_id AND key_hash = @key_hash AND claim = @claim AND answer IS NULL;
