package servers_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/cmd/internal/servers"
)

// endVariable turns this test binary into a program that starts servers and
// then ends in the way the variable names.
const endVariable = "SERVERS_TEST_END"

func TestMain(m *testing.M) {
	if end := os.Getenv(endVariable); end != "" {
		endBy(end)
	}
	os.Exit(m.Run())
}

func endBy(end string) {
	for _, v := range []string{servers.PostgresVariable, servers.RedisVariable} {
		if err := os.Unsetenv(v); err != nil {
			panic(err)
		}
	}
	var server *servers.Server
	var err error
	if end == "paused" || end == "kill" {
		server, err = servers.StartPostgres(context.Background())
	} else {
		server, err = servers.StartRedis(context.Background())
	}
	if err != nil {
		panic(err)
	}
	dir := "-" // nobody looks for the directory of a Redis
	if end == "paused" || end == "kill" {
		if dir, err = query(context.Background(), server.Address(), "SHOW data_directory"); err != nil {
			panic(err)
		}
	}
	if end == "paused" {
		if err := server.Pause(); err != nil {
			panic(err)
		}
	}
	fmt.Println(server.Address(), dir)
	switch end {
	case "exit":
		os.Exit(3)
	case "panic":
		go panic("out of luck")
	}
	select {} // until it is killed
}

func TestServersEndWithTheirParent(t *testing.T) {
	needsServers(t)
	for _, end := range []string{"exit", "panic", "kill", "paused"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			parent := exec.Command(os.Args[0])
			parent.Env = append(os.Environ(), endVariable+"="+end)
			out, err := parent.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, parent.Start())
			said := bufio.NewScanner(out)
			require.True(t, said.Scan())
			text, dir, _ := strings.Cut(said.Text(), " ")
			address, err := url.Parse(text)
			require.NoError(t, err)
			if end == "kill" || end == "paused" {
				require.NoError(t, parent.Process.Signal(syscall.SIGKILL))
			}
			require.Error(t, parent.Wait())
			require.Eventually(t, func() bool { return closed(address.Host) }, 20*time.Second, 20*time.Millisecond, "it still listens")
			require.Eventually(t, func() bool {
				_, err := os.Stat(dir)
				return os.IsNotExist(err)
			}, 20*time.Second, 20*time.Millisecond, "its data is still there")
		})
	}
}

func closed(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return true
	}
	_ = conn.Close()
	return false
}
