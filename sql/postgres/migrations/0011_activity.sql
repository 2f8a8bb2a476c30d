-- +goose Up
-- Where a session was used from. It goes with its session.
CREATE TABLE session_addresses (
    tenant_id     uuid        NOT NULL,
    session_id    uuid        NOT NULL,
    address       text        NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, session_id, address),
    FOREIGN KEY (tenant_id, session_id) REFERENCES sessions (tenant_id, id) ON DELETE CASCADE
) WITH (fillfactor = 85);

-- The kinds of device that an account was signed in to from.
CREATE TABLE devices (
    tenant_id     uuid        NOT NULL,
    user_id       uuid        NOT NULL,
    fingerprint   bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    name          text        NOT NULL,
    type          text        NOT NULL,
    browser       text        NOT NULL,
    os            text        NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id, fingerprint),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) WITH (fillfactor = 85);

-- +goose Down
DROP TABLE devices;
DROP TABLE session_addresses;
