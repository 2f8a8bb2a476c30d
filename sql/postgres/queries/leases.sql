-- Of several that want one at once, one gets it; the condition is what decides.
-- name: HoldLease :execrows
INSERT INTO leases (tenant_id, name, holder, expires_at)
VALUES (@tenant_id, @name, @holder, @expires_at)
ON CONFLICT (tenant_id, name) DO UPDATE
SET holder = excluded.holder, expires_at = excluded.expires_at
WHERE leases.holder = excluded.holder OR leases.expires_at <= @now;
