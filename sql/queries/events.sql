-- name: InsertEvent :exec
INSERT INTO events (tenant_id, name, actor, subject, request_id, address, payload, occurred_at)
VALUES (@tenant_id, @name, @actor, @subject, @request_id, @address, @payload, @occurred_at);
