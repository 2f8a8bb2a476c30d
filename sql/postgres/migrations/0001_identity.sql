-- +goose Up
CREATE TABLE tenants (
    id         uuid        PRIMARY KEY,
    name       text        NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);

INSERT INTO tenants (id, name, created_at)
VALUES ('01900000-0000-7000-8000-000000000001', 'default', '2026-01-01 00:00:00+00');

-- No index holds last_sign_in_at: a sign-in is a heap-only update.
CREATE TABLE users (
    tenant_id         uuid        NOT NULL REFERENCES tenants (id),
    id                uuid        NOT NULL,
    email             text        NOT NULL,
    email_key         text        NOT NULL,
    email_verified    boolean     NOT NULL,
    username          text,
    username_key      text,
    first_name        text,
    last_name         text,
    display_name      text,
    profile_image_url text,
    phone_number      text,
    timezone          text,
    locale            text,
    user_metadata     jsonb       NOT NULL,
    status            text        NOT NULL CHECK (status IN ('active', 'inactive', 'suspended', 'deleted')),
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    last_sign_in_at   timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT users_email_key UNIQUE (tenant_id, email_key),
    CONSTRAINT users_username_key UNIQUE (tenant_id, username_key),
    CHECK ((username IS NULL) = (username_key IS NULL))
) WITH (fillfactor = 85);

CREATE TABLE passwords (
    tenant_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    hash       text        NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

-- +goose Down
DROP TABLE passwords;
DROP TABLE users;
DROP TABLE tenants;
