package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Memory is the path of a database that lives and dies with its Store.
const Memory = ":memory:"

// readers is how many connections read beside the one that writes.
const readers = 4

// busyTimeout is how long a statement waits for another process's write, for
// example that of a command beside the running server.
const busyTimeout = 5 * time.Second

// pools opens the connections to a database: one to write, some to read. The
// file is made, readable by its owner alone, when it is not there.
func pools(ctx context.Context, path string) (write, read *sql.DB, err error) {
	if path != Memory {
		if err := create(path); err != nil {
			return nil, nil, err
		}
	}
	write, err = connect(ctx, dsn(path, "rwc"), 1)
	if err != nil {
		return nil, nil, err
	}
	if path == Memory {
		return write, write, nil
	}
	read, err = connect(ctx, dsn(path, "ro"), readers)
	if err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	return write, read, nil
}

func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make directory of database: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("make database file: %w", err)
	}
	return f.Close()
}

func connect(ctx context.Context, dsn string, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(translate(fmt.Errorf("open database: %w", err)), db.Close())
	}
	return db, nil
}

func dsn(path, mode string) string {
	q := url.Values{}
	// The order matters: what follows may already have to wait.
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()))
	if mode == "rwc" {
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", "secure_delete(ON)") // what is erased is not merely forgotten
		q.Set("_txlock", "immediate")
	}
	q.Add("_pragma", "foreign_keys(1)")
	if path == Memory {
		return "file::memory:?" + q.Encode()
	}
	q.Set("mode", mode)
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}
