package servers

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// stopPatience bounds how long a process may take to end by itself.
const stopPatience = 10 * time.Second

// process is one server process, in a process group of its own so that a
// Ctrl-C at the terminal reaches it only through us.
type process struct {
	name  string
	path  string
	args  []string
	dir   string // where it runs; logs are its sibling <dir>/<name>.log
	owner *syscall.Credential
	slack time.Duration // how long it may take to stop; zero is stopPatience
	cmd   *exec.Cmd
	done  chan struct{} // closed when cmd has been waited for
}

func (p *process) start() error {
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	defer log.Close()
	cmd := exec.Command(p.path, p.args...)
	cmd.Dir = p.dir // root's working directory may be closed to an ordinary user
	cmd.Env = plainEnviron(os.Environ())
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.owner}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
		close(done)
	}()
	p.cmd, p.done = cmd, done
	return nil
}

// stop asks by SIGINT, a fast and orderly shutdown for PostgreSQL and Redis
// alike, and kills the group when that is not heard.
func (p *process) stop() error {
	if !p.running() {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGINT) // gone already: then done closes
	slack := cmp.Or(p.slack, stopPatience)
	timer := time.NewTimer(slack)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
	return fmt.Errorf("%s did not stop within %s and was killed", p.name, slack)
}

func (p *process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// exited tells how a process that should run has ended.
func (p *process) exited() error {
	if p.cmd == nil || p.running() {
		return nil
	}
	return fmt.Errorf("%s ended by itself (%s)", p.name, p.cmd.ProcessState)
}

func (p *process) log() string { return p.dir + "/" + p.name + ".log" }

// plainEnviron leaves out what would change a server's settings, and asks for
// plain messages.
func plainEnviron(environ []string) []string {
	var plain []string
	for _, v := range environ {
		if !strings.HasPrefix(v, "PG") && !strings.HasPrefix(v, "LC_") && !strings.HasPrefix(v, "LANG") {
			plain = append(plain, v)
		}
	}
	return append(plain, "LC_ALL=C")
}
