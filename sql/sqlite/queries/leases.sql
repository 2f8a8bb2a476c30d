-- name: HoldLease :execrows
UPDATE leases
SET holder = @holder, expires_at = @expires_at
WHERE tenant_id = @tenant_id AND name = @name AND (holder = @holder OR expires_at <= @now);

-- For a lease that nobody ever held.
-- name: InsertLease :execrows
INSERT INTO leases (tenant_id, name, holder, expires_at)
VALUES (@tenant_id, @name, @holder, @expires_at)
ON CONFLICT (tenant_id, name) DO NOTHING;
