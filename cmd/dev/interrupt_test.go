package main

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// asDev turns this test binary into the command itself.
const asDev = "DEV_TEST_AS_DEV"

func TestMain(m *testing.M) {
	if os.Getenv(asDev) != "" {
		main()
	}
	os.Exit(m.Run())
}

// slow is a package whose test says that it has begun and never ends.
var slow = map[string]string{"core/slow/slow_test.go": `package slow

import (
	"os"
	"testing"
)

func TestSlow(t *testing.T) {
	if err := os.WriteFile("../../started", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	select {}
}
`}

func waitForFile(t *testing.T, name string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := os.Stat(name)
		return err == nil
	}, time.Minute, 10*time.Millisecond)
}

func TestSignalsEndTheRunWithTheirCode(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		t.Run(sig.String(), func(t *testing.T) {
			house(t, slow)
			command := exec.Command(os.Args[0], append([]string{"test"}, plain...)...)
			command.Env = append(os.Environ(), asDev+"=1")
			var out strings.Builder
			command.Stdout = &out
			require.NoError(t, command.Start())
			waitForFile(t, "started")
			require.NoError(t, command.Process.Signal(sig))
			require.Error(t, command.Wait())
			require.Equal(t, code, command.ProcessState.ExitCode())
			require.Contains(t, lastLine(out.String()), " passed, ")
		})
	}
}

// A SIGTERM for `go run` kills it and nobody tells the command below it.
func TestAnOrphanEndsByItself(t *testing.T) {
	house(t, slow)
	parent := exec.Command("/bin/sh", "-c", `"$0" test -servers=false -race=false >out & echo $!; wait`, os.Args[0])
	parent.Env = append(os.Environ(), asDev+"=1")
	said, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	waitForFile(t, "started")
	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	require.Eventually(t, func() bool {
		text, err := os.ReadFile("out")
		return err == nil && strings.Contains(string(text), " passed, ") && syscall.Kill(pid, 0) != nil
	}, 30*time.Second, 20*time.Millisecond)
}

func TestUpPrintsTheEnvironmentAndStops(t *testing.T) {
	if os.Getenv("PLINTO_TEST_POSTGRES") == "" {
		t.Skip("PLINTO_TEST_POSTGRES is unset")
	}
	house(t, nil)
	command := exec.Command(os.Args[0], "up")
	command.Env = append(os.Environ(), asDev+"=1")
	said, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	exports := map[string]string{}
	lines := bufio.NewScanner(said)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "#") {
		name, value, found := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		require.True(t, found, lines.Text())
		exports[name] = strings.Trim(value, "'")
	}
	if path := findModule(); path != "" {
		require.Equal(t, path, exports[moduleVariable])
		delete(exports, moduleVariable)
	}
	require.Len(t, exports, 5)
	require.Equal(t, os.Getenv("PLINTO_TEST_POSTGRES"), exports["PLINTO_TEST_POSTGRES"])
	require.NotEmpty(t, exports["REDIS_URL"])
	conn, err := pgx.Connect(t.Context(), exports["DATABASE_URL"])
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))

	require.NoError(t, command.Process.Signal(syscall.SIGINT))
	require.NoError(t, command.Wait(), "to be stopped is how it ends")
}
