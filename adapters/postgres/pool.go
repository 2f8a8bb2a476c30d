package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Options says how to reach the server and how many connections to keep.
type Options struct {
	URL         string
	PoolSize    int           // connections kept open
	MaxOverflow int           // more of them under load, closed after MaxIdleTime without
	PoolTimeout time.Duration // how long to wait for one

	MaxLifetime       time.Duration // of a connection
	MaxLifetimeJitter time.Duration // so that they do not all end together
	MaxIdleTime       time.Duration // of a connection beyond PoolSize

	ConnectTimeout   time.Duration
	StatementTimeout time.Duration // enforced by the server
	LockTimeout      time.Duration // likewise
}

// idleBeforePing is how long a connection may have been idle and still be
// taken for alive.
const idleBeforePing = time.Second

func (o Options) config() (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("read DATABASE_URL: %w", err)
	}
	c.MaxConns = int32(max(1, min(o.PoolSize+o.MaxOverflow, 1<<16)))
	c.MinConns = int32(max(0, min(o.PoolSize, 1<<16)))
	c.MaxConnLifetime = o.MaxLifetime
	c.MaxConnLifetimeJitter = o.MaxLifetimeJitter
	c.MaxConnIdleTime = o.MaxIdleTime
	c.PingTimeout = o.ConnectTimeout
	c.ShouldPing = func(_ context.Context, p pgxpool.ShouldPingParams) bool {
		return p.IdleDuration > idleBeforePing
	}
	c.ConnConfig.ConnectTimeout = o.ConnectTimeout

	server := c.ConnConfig.RuntimeParams
	server["application_name"] = "plinto"
	server["timezone"] = "UTC"
	server["statement_timeout"] = milliseconds(o.StatementTimeout)
	server["lock_timeout"] = milliseconds(o.LockTimeout)
	server["idle_in_transaction_session_timeout"] = milliseconds(2 * o.StatementTimeout)

	return c, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
