package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// processes is the runner of a server that is one or more local processes
// sharing a temporary directory.
type processes struct {
	dir   string
	list  []*process
	guard *guardian
}

// newProcesses takes over dir: it is removed by close, or by the guardian.
func newProcesses(dir string, list ...*process) (*processes, error) {
	guard, err := newGuardian(dir, "")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &processes{dir: dir, list: list, guard: guard}, nil
}

func (r *processes) start(context.Context) error {
	if r.guard == nil {
		return errors.New("the server has been closed")
	}
	for _, p := range r.list {
		if p.running() {
			return fmt.Errorf("%s runs already", p.name)
		}
	}
	for _, p := range r.list {
		if err := p.start(); err != nil {
			return err
		}
		// At once, so that no started process is ever without a guardian.
		if err := r.guard.watch(r.pids()...); err != nil {
			return err
		}
	}
	return nil
}

func (r *processes) stop() error {
	err := r.resume() // a frozen process hears nothing
	for _, p := range r.list {
		err = errors.Join(err, p.stop())
	}
	if r.guard != nil {
		err = errors.Join(err, r.guard.watch())
	}
	return err
}

func (r *processes) pause() error {
	frozen, err := r.signal(syscall.SIGSTOP)
	if err != nil {
		return err
	}
	return r.guard.watch(frozen...)
}

func (r *processes) resume() error {
	if _, err := r.signal(syscall.SIGCONT); err != nil {
		return err
	}
	if r.guard == nil {
		return nil
	}
	return r.guard.watch(r.pids()...)
}

// signal sends sig to every process and then to its children: PostgreSQL's
// backends are in sessions of their own, where no group signal reaches them.
func (r *processes) signal(sig syscall.Signal) (signalled []int, err error) {
	pids := r.pids()
	for i := 0; i < len(pids); i++ {
		if err := syscall.Kill(pids[i], sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return nil, fmt.Errorf("signal %s: %w", sig, err)
		}
		children, err := childrenOf(pids[i])
		if err != nil {
			return nil, err
		}
		pids = append(pids, children...)
	}
	return pids, nil
}

func (r *processes) close() error {
	if r.guard == nil {
		return nil
	}
	err := r.stop()
	// The last backends of a killed server may still be writing.
	for range 20 {
		if e := os.RemoveAll(r.dir); e == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.guard.dismiss()
	r.guard = nil
	return err
}

func (r *processes) trouble() error {
	for _, p := range r.list {
		if err := p.exited(); err != nil {
			return err
		}
	}
	return nil
}

func (r *processes) tail() string {
	var tail string
	for _, p := range r.list {
		text, err := os.ReadFile(p.log())
		if err != nil {
			continue
		}
		tail += lastLines(string(text), 20) + "\n"
	}
	return tail
}

func (r *processes) pids() []int {
	var pids []int
	for _, p := range r.list {
		if p.running() {
			pids = append(pids, p.cmd.Process.Pid)
		}
	}
	return pids
}
