package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// newCommand prepares a program in a process group of its own. When ctx ends
// the group is interrupted; what is left of it after ten seconds is killed by
// [finish].
func newCommand(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// finish runs a command to its end, and its process group with it when it did
// not end by itself.
func finish(ctx context.Context, cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	if ctx.Err() != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // most often nobody is left
		return context.Cause(ctx)
	}
	return err
}

// output runs a program to its end, in dir and with environ added to the
// environment, and returns what it printed to its standard output. The error
// holds everything it printed.
func output(ctx context.Context, dir string, environ []string, program string, args ...string) (string, error) {
	var out, complaints strings.Builder
	cmd := newCommand(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), environ...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := finish(ctx, cmd); err != nil {
		line := strings.Join(append([]string{filepath.Base(program)}, args...), " ")
		return "", fmt.Errorf("%s%s%s: %w", withoutProgress(complaints.String()), out.String(), line, err)
	}
	return out.String(), nil
}

// withoutProgress leaves out what the go command says while it works.
func withoutProgress(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "go: downloading ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
