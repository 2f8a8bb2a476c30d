-- +goose Up
-- Where a session was used from. It goes with its session.
CREATE TABLE session_addresses (
    tenant_id     TEXT    NOT NULL,
    session_id    TEXT    NOT NULL,
    address       TEXT    NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, session_id, address),
    FOREIGN KEY (tenant_id, session_id) REFERENCES sessions (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The kinds of device that an account was signed in to from.
CREATE TABLE devices (
    tenant_id     TEXT    NOT NULL,
    user_id       TEXT    NOT NULL,
    fingerprint   BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    name          TEXT    NOT NULL,
    type          TEXT    NOT NULL,
    browser       TEXT    NOT NULL,
    os            TEXT    NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, user_id, fingerprint),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE devices;
DROP TABLE session_addresses;
