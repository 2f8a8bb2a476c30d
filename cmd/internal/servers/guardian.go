package servers

import (
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
)

// guardianScript waits for its parent to say "done" or to vanish. It is told
// which processes run; when the pipe closes without a "done", it ends them and
// removes $1, their directory, and $2, their container. It hears of its
// parent's death by the closing of the pipe and not by a signal, because the
// kernel's parent-death signal follows one thread of the parent and not the
// process.
const guardianScript = `
trap '' HUP INT TERM
pids=
while read -r word rest; do
	case $word in
	running) pids=$rest ;;
	done) exit 0 ;;
	esac
done
for pid in $pids; do kill -CONT "$pid"; kill -INT "$pid"; done
tries=0
for pid in $pids; do
	while kill -0 "$pid" && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
	kill -KILL "-$pid"
done
[ -z "$1" ] || rm -rf -- "$1"
[ -z "$2" ] || docker rm --force --volumes "$2"
`

// guardian outlives this process for as long as it takes to clear up after it.
type guardian struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// newGuardian starts a guardian for a directory or a container.
func newGuardian(dir, container string) (*guardian, error) {
	cmd := exec.Command("/bin/sh", "-c", guardianScript, "guardian", dir, container)
	cmd.Dir = "/"
	// Out of reach of a Ctrl-C, which goes to the terminal's whole group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("guardian: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("guardian: %w", err)
	}
	return &guardian{cmd, pipe}, nil
}

// watch names the processes to end, in place of those named before.
func (g *guardian) watch(pids ...int) error {
	if _, err := fmt.Fprintln(g.pipe, "running", strings.Trim(fmt.Sprint(pids), "[]")); err != nil {
		return fmt.Errorf("guardian: %w", err)
	}
	return nil
}

// dismiss ends the guardian, which then touches nothing.
func (g *guardian) dismiss() {
	// When the guardian is already gone there is nothing left to tell it.
	_, _ = fmt.Fprintln(g.pipe, "done")
	_ = g.pipe.Close()
	_ = g.cmd.Wait()
}
