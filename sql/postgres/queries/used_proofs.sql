-- The oldest first, and those that another instance is deleting left to it.
-- name: DeleteExpiredProofs :execrows
DELETE FROM used_proofs
WHERE used_proofs.tenant_id = @tenant_id AND (used_proofs.key_thumbprint, used_proofs.id_hash) IN (
    SELECT expired.key_thumbprint, expired.id_hash
    FROM used_proofs AS expired
    WHERE expired.tenant_id = @tenant_id AND expired.expires_at <= @now
    ORDER BY expired.expires_at
    LIMIT @batch_size
    FOR UPDATE SKIP LOCKED
);
