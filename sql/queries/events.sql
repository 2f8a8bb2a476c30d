-- What a request that was under way still tells of an account that was erased
-- meanwhile tells it without the person, unless another user did it.
-- name: InsertEvent :exec
INSERT INTO events (tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at)
VALUES (
    @tenant_id, @user_id, @name, @actor, @subject,
    CASE WHEN EXISTS (
        SELECT 1 FROM users AS erased
        WHERE erased.tenant_id = @tenant_id AND erased.id = @user_id AND erased.status = 'deleted'
          AND (@actor = 'anonymous' OR @actor = 'user:' || CAST(erased.id AS text))
    ) THEN '' ELSE CAST(@request_id AS text) END,
    CASE WHEN EXISTS (
        SELECT 1 FROM users AS erased
        WHERE erased.tenant_id = @tenant_id AND erased.id = @user_id AND erased.status = 'deleted'
          AND (@actor = 'anonymous' OR @actor = 'user:' || CAST(erased.id AS text))
    ) THEN '' ELSE CAST(@address AS text) END,
    @payload, @occurred_at
);
