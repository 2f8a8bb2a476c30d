package servers

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestContainerLife(t *testing.T) {
	m := &machine{answers: map[string]string{}}
	h := m.host()
	ran := h.run
	h.run = func(ctx context.Context, program string, args ...string) (string, error) {
		_, _ = ran(ctx, program, args...)
		return "the log", nil
	}
	c, err := newContainer(h, "redis", "--publish", "127.0.0.1:7000:6379", redisImage)
	require.NoError(t, err)
	require.NoError(t, c.start(t.Context()))
	require.NoError(t, c.pause())
	require.NoError(t, c.resume())
	require.NoError(t, c.stop())
	require.NoError(t, c.start(t.Context()), "the second start is of the same container")
	require.Equal(t, "the log", c.tail())
	require.NoError(t, c.trouble())
	require.NoError(t, c.close())
	require.NoError(t, c.close(), "closing twice does nothing")
	require.Error(t, c.start(t.Context()))
	require.Equal(t, []string{
		"docker run --detach --name " + c.name + " --publish 127.0.0.1:7000:6379 " + redisImage,
		"docker pause " + c.name,
		"docker unpause " + c.name,
		"docker stop --time 10 " + c.name,
		"docker start " + c.name,
		"docker logs --tail 20 " + c.name,
		"docker rm --force --volumes " + c.name,
	}, m.ran)
}

func TestContainerThatCannotStartIsRemoved(t *testing.T) {
	m := &machine{}
	for _, open := range []func(context.Context, host) (*Server, error){dockerPostgres, dockerRedis, dockerCluster} {
		m.ran = nil
		_, err := open(t.Context(), m.host())
		require.ErrorContains(t, err, "docker run")
		require.Len(t, m.ran, 2)
		require.Contains(t, m.ran[1], "docker rm --force --volumes plinto-")
	}
}

func TestDockerClusterSharesOneContainer(t *testing.T) {
	m := &machine{}
	_, err := dockerCluster(t.Context(), m.host())
	require.Error(t, err)
	require.Equal(t, 3, strings.Count(m.ran[0], "--publish 127.0.0.1:"))
	require.Equal(t, 3, strings.Count(m.ran[0], "--cluster-announce-ip 127.0.0.1"))
}

func TestSlotsAreSharedOutOnce(t *testing.T) {
	var all []string
	for node := range clusterNodes {
		all = append(all, slotsOf(node)...)
	}
	require.Len(t, all, clusterSlots)
	for i, slot := range all {
		require.Equal(t, strconv.Itoa(i), slot)
	}
}

func TestPortsLeaveRoomForTheBusAndForRestarts(t *testing.T) {
	for range 50 {
		port, err := freePort(true)
		require.NoError(t, err)
		require.Greater(t, port, 1024)
		require.Less(t, port+10000, 32768, "kernels give ports from here on to outgoing connections")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	require.False(t, portIsFree(taken.Addr().(*net.TCPAddr).Port))
}

func TestClusterPortsDiffer(t *testing.T) {
	ports, err := clusterPorts(11000)
	require.NoError(t, err)
	require.Len(t, ports, 3)
	require.NotEqual(t, ports[0], ports[1])
	require.NotEqual(t, ports[0], ports[2])
	require.NotEqual(t, ports[1], ports[2])
}

func TestOpenToAll(t *testing.T) {
	dir := t.TempDir()
	require.True(t, openToAll("/"))
	require.NoError(t, os.Chmod(dir, 0o700))
	inner := filepath.Join(dir, "inner")
	require.NoError(t, os.Mkdir(inner, 0o755))
	require.False(t, openToAll(inner), "its parent is closed")
	require.False(t, openToAll(filepath.Join(dir, "absent")))
}

func TestNewDirFallsBackFromAClosedOne(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir, err := newDir("test", nil)
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	t.Setenv("TMPDIR", "/nowhere")
	owner := &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}
	dir, err = newDir("test", owner)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))

	_, err = newDir("a/b", nil)
	require.ErrorContains(t, err, "no place for the data")
}

func TestChildrenInProc(t *testing.T) {
	dir := t.TempDir()
	for pid, stat := range map[string]string{
		"10": "10 (postgres) S 1 10 10",
		"11": "11 (a b) (c) S 10 11 11",
		"12": "12 (other) S 11 12",
		"13": "13 (cut",
	} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, pid), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, pid, "stat"), []byte(stat), 0o600))
	}
	stats, err := filepath.Glob(filepath.Join(dir, "*/stat"))
	require.NoError(t, err)
	require.Equal(t, []int{11}, childrenInProc(10, append(stats, filepath.Join(dir, "gone/stat"))))
	require.Equal(t, []int{7, 9}, childrenInList(5, "    7     5\n    8     7\n    9     5\nx 5\n"))
}

func TestPlainEnviron(t *testing.T) {
	require.Equal(t, []string{"HOME=/root", "LC_ALL=C"},
		plainEnviron([]string{"PGDATA=/x", "HOME=/root", "LC_CTYPE=tr_TR", "LANG=de_DE", "PGPORT=1"}))
}

func TestLastLines(t *testing.T) {
	require.Equal(t, "b\nc", lastLines("a\nb\nc\n", 2))
	require.Equal(t, "a", lastLines("a", 2))
}

func TestServerThatEndsByItselfIsReportedWithItsLog(t *testing.T) {
	dir := t.TempDir()
	p := &process{name: "server", path: "/bin/sh", args: []string{"-c", "echo out of luck; exit 7"}, dir: dir}
	run, err := newProcesses(dir, p)
	require.NoError(t, err)
	defer run.close()
	s := &Server{runner: run, ready: func(context.Context) error { return errors.New("not yet") }}
	err = s.Start(t.Context())
	require.ErrorContains(t, err, "server ended by itself (exit status 7)")
	require.ErrorContains(t, err, "out of luck")
}

func TestRetryTakesAnotherPortWhenTheProcessEnds(t *testing.T) {
	dir := t.TempDir()
	p := &process{name: "server", path: "/bin/sh", args: []string{"-c", "exit 1"}, dir: dir}
	run, err := newProcesses(dir, p)
	require.NoError(t, err)
	tries := 0
	_, err = retryPorts(run, false, func(int) (*Server, error) {
		tries++
		s := &Server{runner: run, ready: func(context.Context) error { return errors.New("not yet") }}
		return s, s.begin(t.Context())
	})
	require.ErrorContains(t, err, "ended by itself")
	require.Equal(t, attempts, tries)
	require.NoDirExists(t, dir)
}

func TestStubbornProcessIsKilled(t *testing.T) {
	dir := t.TempDir()
	p := &process{name: "server", path: "/bin/sh", args: []string{"-c", "trap '' INT; echo up; while :; do sleep 1; done"}, dir: dir, slack: 100 * time.Millisecond}
	run, err := newProcesses(dir, p)
	require.NoError(t, err)
	defer run.close()
	s := &Server{runner: run, ready: func(context.Context) error {
		if !strings.Contains(run.tail(), "up") {
			return errors.New("not yet")
		}
		return nil
	}}
	require.NoError(t, s.Start(t.Context()))
	require.ErrorContains(t, s.Start(t.Context()), "runs already")
	require.ErrorContains(t, s.Stop(), "was killed")
	require.False(t, p.running())
}

func TestAFailedStartEndsTheServersThatDidStart(t *testing.T) {
	if os.Getenv(PostgresVariable) == "" {
		t.Skip(PostgresVariable + " is unset")
	}
	t.Setenv(PostgresVariable, "postgres://127.0.0.1:1/postgres")
	t.Setenv(RedisVariable, "")
	_, err := Start(t.Context(), Wanted{Postgres: true, Redis: true})
	require.ErrorContains(t, err, PostgresVariable)
	children, err := childrenOf(os.Getpid())
	require.NoError(t, err)
	require.Empty(t, children)
}
