package servers

import (
	"context"
	"errors"
	"strings"
)

// InstallPackages installs Debian packages when that can be done without
// asking: as root, where apt-get exists. The error says why it cannot.
func InstallPackages(ctx context.Context, note func(format string, args ...any), pkgs ...string) error {
	return thisHost().install(ctx, pkgs, note)
}

// install installs packages, refreshing the package lists only when the first
// attempt fails: a fresh image has none, a developer's machine has.
func (h host) install(ctx context.Context, pkgs []string, note func(string, ...any)) error {
	if _, err := h.lookPath("apt-get"); err != nil {
		return errors.New("there is no apt-get")
	}
	if !h.root {
		return errors.New("that takes root")
	}
	note("installing %s with apt-get", strings.Join(pkgs, ", "))
	args := append([]string{"install", "-y", "--no-install-recommends"}, pkgs...)
	if _, err := h.run(ctx, "apt-get", args...); err == nil {
		return nil
	}
	if _, err := h.run(ctx, "apt-get", "update"); err != nil {
		return err
	}
	_, err := h.run(ctx, "apt-get", args...)
	return err
}

// dockerWorks asks the daemon; the client alone proves nothing.
func (h host) dockerWorks(ctx context.Context) error {
	if _, err := h.lookPath("docker"); err != nil {
		return errors.New("there is no docker command")
	}
	if _, err := h.run(ctx, "docker", "info"); err != nil {
		return errors.New("its daemon does not answer (docker info)")
	}
	return nil
}
