-- name: InsertEvent :exec
INSERT INTO events (tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at)
VALUES (@tenant_id, @user_id, @name, @actor, @subject, @request_id, @address, @payload, @occurred_at);
