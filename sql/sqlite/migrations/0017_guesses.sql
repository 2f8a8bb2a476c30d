-- +goose Up
-- Wrong passwords by whose they are: core/guess says what a subject is. Instants
-- are microseconds since 1970, for a statement reckons with them.
CREATE TABLE guesses (
    tenant_id TEXT    NOT NULL REFERENCES tenants (id),
    subject   TEXT    NOT NULL,
    failures  INTEGER NOT NULL,
    since     INTEGER NOT NULL,
    retry_at  INTEGER NOT NULL,
    origin    TEXT    NOT NULL,
    of_origin INTEGER NOT NULL,
    told      INTEGER NOT NULL CHECK (told IN (0, 1)),
    last_day  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX guesses_by_day ON guesses (tenant_id, last_day);

-- +goose Down
DROP TABLE guesses;
