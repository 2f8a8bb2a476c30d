package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "plinto-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "plinto")
	build := exec.Command("go", "build", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build plinto: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// instance is a running program.
type instance struct {
	t      *testing.T
	dir    string
	env    []string
	url    string
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
	out    *output
}

// environment is what an instance is given besides its settings: not what the
// tests run under.
func environment(settings ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir(), "PORT=0", "LOG_FORMAT=text"}, settings...)
}

// start runs the program in a directory until it says that it is ready.
func start(t *testing.T, dir string, settings ...string) *instance {
	t.Helper()
	i := launch(t, dir, settings...)
	i.out.wait(t, `msg=ready `, i.exited)
	return i
}

// launch runs the program until it listens.
func launch(t *testing.T, dir string, settings ...string) *instance {
	t.Helper()
	i := &instance{t: t, dir: dir, env: environment(settings...), exited: make(chan struct{}), out: &output{}}
	i.cmd = exec.Command(binary)
	i.cmd.Dir, i.cmd.Env, i.cmd.Stdout, i.cmd.Stderr = dir, i.env, i.out, i.out
	require.NoError(t, i.cmd.Start())
	go func() {
		_ = i.cmd.Wait()
		close(i.exited)
	}()
	t.Cleanup(func() {
		_ = i.cmd.Process.Signal(syscall.SIGKILL)
		<-i.exited
		if t.Failed() {
			t.Logf("what plinto said:\n%s", i.out.String())
		}
	})
	found := i.out.wait(t, `msg=listening address=(\S+)`, i.exited)
	i.url = "http://" + found[1]
	return i
}

// stop asks the program to end and gives its exit code.
func (i *instance) stop() int {
	i.t.Helper()
	require.NoError(i.t, i.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-i.exited:
	case <-time.After(30 * time.Second):
		i.t.Fatal("plinto does not stop")
	}
	return i.cmd.ProcessState.ExitCode()
}

// run runs another command of the program in the same place.
func (i *instance) run(args ...string) string {
	i.t.Helper()
	if args[0] == "events" {
		settle(i.t)
	}
	out, err := command(i.dir, i.env, args...)
	require.NoError(i.t, err, out)
	return out
}

func command(dir string, env []string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// answer is what the API said.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// call sends a request; body is sent as JSON unless it is nil, token as Bearer
// unless it is empty.
func (i *instance) call(method, path, token string, body any) answer {
	i.t.Helper()
	var text []byte
	if body != nil {
		var err error
		text, err = json.Marshal(body)
		require.NoError(i.t, err)
	}
	a, err := i.try(method, path, token, text)
	require.NoError(i.t, err)
	return a
}

func (i *instance) try(method, path, token string, body []byte) (answer, error) {
	request, err := http.NewRequest(method, i.url+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return i.ask(request)
}

func (i *instance) ask(request *http.Request) (answer, error) {
	return i.send(request)
}

func (i *instance) send(request *http.Request) (answer, error) {
	response, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return answer{t: i.t, status: response.StatusCode, header: response.Header, body: text}, err
}

// want asserts the status, and reads the body.
func (a answer) want(status int, into ...any) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.body)
	require.NotEmpty(a.t, a.header.Get("X-Request-Id"))
	for _, v := range into {
		require.NoError(a.t, json.Unmarshal(a.body, v))
	}
	return a
}

// fault asserts the status and the code of an error.
func (a answer) fault(status int, code string) answer {
	a.t.Helper()
	var body struct {
		Error struct {
			Code      string `json:"code"`
			RequestID string `json:"request_id"`
		}
	}
	a.want(status, &body)
	require.Equal(a.t, code, body.Error.Code)
	require.Equal(a.t, a.header.Get("X-Request-Id"), body.Error.RequestID)
	return a
}

// output collects what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// wait gives what a pattern finds in the output, as soon as it does.
func (o *output) wait(t *testing.T, pattern string, exited <-chan struct{}) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(60 * time.Second)
	for {
		if found := re.FindStringSubmatch(o.String()); found != nil {
			return found
		}
		select {
		case <-exited:
			if found := re.FindStringSubmatch(o.String()); found != nil {
				return found
			}
			t.Fatalf("plinto ended before it said %q:\n%s", pattern, o)
		case <-deadline:
			t.Fatalf("plinto did not say %q:\n%s", pattern, o)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// postgresURL makes a database for a test, dropped when it ends.
func postgresURL(t *testing.T) string {
	t.Helper()
	server := os.Getenv("PLINTO_TEST_POSTGRES")
	if server == "" {
		t.Skip("PLINTO_TEST_POSTGRES is not set: plinto is not tried on PostgreSQL")
	}
	name := "plinto_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	execute(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

// settle waits until every transaction that runs on the server of the tests
// began later: those of other tests hold readers of the log back as well.
func settle(t *testing.T) {
	t.Helper()
	server := os.Getenv("PLINTO_TEST_POSTGRES")
	if server == "" {
		return
	}
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, server)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	var now uint64
	require.NoError(t, conn.QueryRow(ctx, "SELECT pg_current_xact_id()").Scan(&now))
	require.Eventually(t, func() bool {
		var settled bool
		err := conn.QueryRow(ctx, "SELECT pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8", now).Scan(&settled)
		return err == nil && settled
	}, time.Minute, 5*time.Millisecond)
}

func execute(t *testing.T, address, sql string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, address)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, sql)
	require.NoError(t, err)
	require.NoError(t, conn.Close(ctx))
}

func redisURL(t *testing.T) string {
	t.Helper()
	server := os.Getenv("PLINTO_TEST_REDIS")
	if server == "" {
		t.Skip("PLINTO_TEST_REDIS is not set: plinto is not tried on Redis")
	}
	return server
}
