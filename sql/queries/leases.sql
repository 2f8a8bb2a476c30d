-- name: ReleaseLease :exec
DELETE FROM leases WHERE tenant_id = @tenant_id AND name = @name AND holder = @holder;
