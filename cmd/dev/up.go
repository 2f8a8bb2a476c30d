package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plinto/plinto/cmd/internal/servers"
)

const upHelp = `Starts throw-away PostgreSQL and Redis servers, prints the environment that
leads to them, and stops them on Ctrl-C. What is stored in them is lost then.`

// up runs servers in the foreground.
func up(ctx context.Context, args []string, out, errOut io.Writer) error {
	if err := none(newFlags(errOut, "up", upHelp), args); err != nil {
		return err
	}
	set, err := servers.Start(ctx, servers.Wanted{Postgres: true, Redis: true, RedisCluster: true, Notes: errOut})
	if err != nil {
		return err
	}
	database, err := newDatabase(ctx, set.Postgres.Address(), "plinto")
	if err != nil {
		return errors.Join(err, set.Stop())
	}
	environ := append([]string{"DATABASE_URL=" + database, "REDIS_URL=" + set.Redis.Address()}, set.Environ()...)
	if path := findModule(); path != "" {
		environ = append(environ, moduleVariable+"="+path)
	}
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		fmt.Fprintf(out, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	fmt.Fprintln(out, "# running until Ctrl-C")
	<-ctx.Done()
	if err := set.Stop(); err != nil {
		return err
	}
	return exit(0) // to be stopped is how it ends
}

// newDatabase makes sure of a database besides the one tests use, and returns
// its URL.
func newDatabase(ctx context.Context, server, name string) (string, error) {
	address, err := url.Parse(server)
	if err != nil {
		return "", fmt.Errorf("address of PostgreSQL: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	var exists *pgconn.PgError
	if err != nil && (!errors.As(err, &exists) || exists.Code != "42P04") {
		return "", fmt.Errorf("database %s: %w", name, err)
	}
	address.Path = "/" + name
	return address.String(), nil
}
