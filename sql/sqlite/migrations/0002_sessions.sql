-- +goose Up
-- One row a session.
CREATE TABLE sessions (
    tenant_id        TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    user_id          TEXT    NOT NULL,
    address          TEXT    NOT NULL,
    user_agent       TEXT    NOT NULL,
    device_name      TEXT    NOT NULL,
    device_type      TEXT    NOT NULL,
    browser          TEXT    NOT NULL,
    os               TEXT    NOT NULL,
    methods          TEXT    NOT NULL,
    authenticated_at INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    last_activity_at INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    ends_at          INTEGER NOT NULL,
    ended_at         INTEGER,
    end_reason       TEXT    NOT NULL,
    secret_hash      BLOB    NOT NULL CHECK (length(secret_hash) = 32),
    generation       INTEGER NOT NULL CHECK (generation >= 0),
    rotated_at       INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    CHECK ((ended_at IS NULL) = (end_reason = ''))
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id, id);

-- +goose Down
DROP TABLE sessions;
