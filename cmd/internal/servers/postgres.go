package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresSettings make a server fast and forgetful, and roomy enough for many
// test databases at once.
var postgresSettings = [...]string{
	"-c", "fsync=off",
	"-c", "synchronous_commit=off",
	"-c", "full_page_writes=off",
	"-c", "max_connections=300",
	"-c", "max_wal_size=256MB",
}

func openPostgres(ctx context.Context, from source) (*Server, error) {
	switch {
	case from.given != "":
		return useGiven(ctx, PostgresVariable, from.given, mayCreateDatabases(from.given))
	case from.docker:
		return dockerPostgres(ctx, thisHost())
	default:
		return localPostgres(ctx, from.local)
	}
}

// localPostgres makes a cluster with the programs in bin and serves it.
func localPostgres(ctx context.Context, bin string) (*Server, error) {
	owner, err := ordinaryUser(os.Geteuid() == 0, user.Lookup)
	if err != nil {
		return nil, err
	}
	dir, err := newDir("postgres", owner)
	if err != nil {
		return nil, err
	}
	server := &process{name: "postgres", path: filepath.Join(bin, "postgres"), dir: dir, owner: owner}
	run, err := newProcesses(dir, server)
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	if err := initdb(ctx, bin, dir, password, owner); err != nil {
		return nil, errors.Join(err, run.close())
	}
	return retryPorts(run, false, func(port int) (*Server, error) {
		server.args = append([]string{
			"-D", filepath.Join(dir, "data"),
			"-p", strconv.Itoa(port),
			"-c", "listen_addresses=127.0.0.1",
			"-c", "unix_socket_directories=" + dir,
			// In its directory and not in /dev/shm, so that nothing of a killed
			// server stays and a container's small /dev/shm does not matter.
			"-c", "dynamic_shared_memory_type=mmap",
		}, postgresSettings[:]...)
		s := newPostgres(port, password, run)
		return s, s.begin(ctx)
	})
}

// initdb makes the data directory. The superuser has a password even here: on
// a machine with other users an open superuser is a way into this account. It
// is sent in the clear, over loopback, because a SCRAM handshake costs
// milliseconds on each of thousands of connections.
func initdb(ctx context.Context, bin, dir, password string, owner *syscall.Credential) error {
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	if owner != nil {
		if err := os.Chown(secret, int(owner.Uid), int(owner.Gid)); err != nil {
			return fmt.Errorf("initdb: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"),
		"-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "password", "--pwfile", secret,
		"-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir = dir
	cmd.Env = plainEnviron(os.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: owner}
	cmd.WaitDelay = time.Second
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, lastLines(string(out), 20))
	}
	return nil
}

func dockerPostgres(ctx context.Context, h host) (*Server, error) {
	return onFreePort(func(port int) (*Server, error) {
		password := rand.Text()
		args := append([]string{
			"--publish", loopback(port) + ":5432", "--env", "POSTGRES_PASSWORD=" + password, postgresImage,
		}, postgresSettings[:]...)
		run, err := newContainer(h, "postgres", args...)
		if err != nil {
			return nil, err
		}
		s := newPostgres(port, password, run)
		return s, s.begin(ctx)
	})
}

func newPostgres(port int, password string, run runner) *Server {
	address := (&url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", password), Host: loopback(port),
		Path: "/postgres", RawQuery: "sslmode=disable",
	}).String()
	return &Server{address: address, ready: mayCreateDatabases(address), runner: run}
}

// mayCreateDatabases is the readiness of a PostgreSQL server: its protocol
// answers, and tests may make databases of their own.
func mayCreateDatabases(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			return err
		}
		defer conn.Close(context.WithoutCancel(ctx))
		var may bool
		err = conn.QueryRow(ctx, "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&may)
		if err == nil && !may {
			err = errors.New("its role may not create databases (ALTER ROLE … CREATEDB)")
		}
		return err
	}
}
