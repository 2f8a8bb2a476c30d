-- +goose Up
-- Identifiers are text, instants whole microseconds since the Unix epoch.
CREATE TABLE tenants (
    id         TEXT    PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

INSERT INTO tenants (id, name, created_at)
VALUES ('01900000-0000-7000-8000-000000000001', 'default', 1767225600000000);

CREATE TABLE users (
    tenant_id         TEXT    NOT NULL REFERENCES tenants (id),
    id                TEXT    NOT NULL,
    email             TEXT    NOT NULL,
    email_key         TEXT    NOT NULL,
    email_verified    INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    username          TEXT,
    username_key      TEXT,
    first_name        TEXT,
    last_name         TEXT,
    display_name      TEXT,
    profile_image_url TEXT,
    phone_number      TEXT,
    timezone          TEXT,
    locale            TEXT,
    user_metadata     TEXT    NOT NULL CHECK (json_valid(user_metadata)),
    status            TEXT    NOT NULL CHECK (status IN ('active', 'inactive', 'suspended', 'deleted')),
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    last_sign_in_at   INTEGER,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT users_email_key UNIQUE (tenant_id, email_key),
    CONSTRAINT users_username_key UNIQUE (tenant_id, username_key),
    CHECK ((username IS NULL) = (username_key IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE passwords (
    tenant_id  TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    hash       TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE passwords;
DROP TABLE users;
DROP TABLE tenants;
