-- +goose Up
-- Wrong passwords by whose they are: core/guess says what a subject is. Instants
-- are microseconds since 1970, for a statement reckons with them. The index is on
-- a day, which most guesses leave as it is: they are heap-only updates.
CREATE TABLE guesses (
    tenant_id uuid    NOT NULL REFERENCES tenants (id),
    subject   text    NOT NULL,
    failures  bigint  NOT NULL,
    since     bigint  NOT NULL,
    retry_at  bigint  NOT NULL,
    origin    text    NOT NULL,
    of_origin bigint  NOT NULL,
    told      boolean NOT NULL,
    last_day  bigint  NOT NULL,
    PRIMARY KEY (tenant_id, subject)
) WITH (fillfactor = 70);

CREATE INDEX guesses_by_day ON guesses (tenant_id, last_day);

-- What is left of failures, when one is forgotten each so many microseconds.
CREATE FUNCTION guesses_left(failures bigint, since bigint, present bigint, forget bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN greatest(failures - greatest(present - since, 0) / forget, 0);

-- How long the wait after so many failures is; the last one of the list is that of more.
CREATE FUNCTION guesses_wait(waits bigint[], failures bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN waits[least(failures + 1, cardinality(waits))];

-- +goose Down
DROP FUNCTION guesses_wait(bigint[], bigint);
DROP FUNCTION guesses_left(bigint, bigint, bigint, bigint);
DROP TABLE guesses;
