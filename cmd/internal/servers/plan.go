package servers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// kind is a server this package can provide.
type kind int

const (
	postgres kind = iota
	redis
	redisCluster
)

// need describes what a kind of server takes.
type need struct {
	name     string
	variable string // gives an address
	example  string // of such an address
	programs string
	pkg      string // Debian's package
}

func (k kind) need() need {
	switch k {
	case postgres:
		return need{"PostgreSQL", PostgresVariable, "postgres://user:password@host:5432/postgres", "initdb and postgres", "postgresql"}
	case redis:
		return need{"Redis", RedisVariable, "redis://host:6379", "redis-server", "redis-server"}
	default:
		return need{"Redis Cluster", RedisClusterVariable, "host:7000,host:7001,host:7002", "redis-server", "redis-server"}
	}
}

// source says where a server comes from; exactly one field is set.
type source struct {
	given  string // its address
	local  string // the program, or for PostgreSQL the directory of programs
	docker bool
}

func kindsOf(slots map[kind]**Server) []kind {
	var kinds []kind
	for _, k := range []kind{postgres, redis, redisCluster} {
		if slots[k] != nil {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// plan finds a source for every kind: an address when those may be used, local
// programs, what apt-get installs, Docker.
func (h host) plan(ctx context.Context, kinds []kind, addresses bool, note func(string, ...any)) (map[kind]source, error) {
	found := map[kind]source{}
	if addresses {
		for _, k := range kinds {
			if address := h.getenv(k.need().variable); address != "" {
				found[k] = source{given: address}
			}
		}
	}
	missing := h.findLocal(ctx, kinds, found)
	var reasons []string
	if len(missing) > 0 {
		if err := h.install(ctx, packagesOf(missing), note); err != nil {
			reasons = append(reasons, "apt-get cannot install it here: "+err.Error())
		} else {
			missing = h.findLocal(ctx, kinds, found)
		}
	}
	if len(missing) > 0 {
		if err := h.dockerWorks(ctx); err != nil {
			reasons = append(reasons, "Docker cannot run it here: "+err.Error())
		} else {
			for _, k := range missing {
				note("using Docker for %s", k.need().name)
				found[k] = source{docker: true}
			}
			missing = nil
		}
	}
	if len(missing) > 0 {
		return nil, lacking(missing, reasons)
	}
	return found, nil
}

// findLocal adds the sources that this machine's programs give and returns the
// kinds that are still without one.
func (h host) findLocal(ctx context.Context, kinds []kind, found map[kind]source) (missing []kind) {
	for _, k := range kinds {
		if _, ok := found[k]; ok {
			continue
		}
		var local string
		if k == postgres {
			local = h.postgresPrograms(ctx)
		} else {
			local = h.redisProgram()
		}
		if local == "" {
			missing = append(missing, k)
			continue
		}
		found[k] = source{local: local}
	}
	return missing
}

func packagesOf(kinds []kind) []string {
	var pkgs []string
	for _, k := range kinds {
		if pkg := k.need().pkg; !slices.Contains(pkgs, pkg) {
			pkgs = append(pkgs, pkg)
		}
	}
	return pkgs
}

// lacking says what is missing and the three ways to give it.
func lacking(missing []kind, reasons []string) error {
	var b strings.Builder
	for _, k := range missing {
		n := k.need()
		fmt.Fprintf(&b, "%s is missing. Give it in one of three ways:\n", n.name)
		fmt.Fprintf(&b, "  - an address: %s=%s\n", n.variable, n.example)
		fmt.Fprintf(&b, "  - programs on this machine: %s (Debian's package %s)\n", n.programs, n.pkg)
		fmt.Fprintf(&b, "  - Docker, running\n")
	}
	for _, r := range reasons {
		fmt.Fprintf(&b, "%s\n", r)
	}
	return errors.New(strings.TrimRight(b.String(), "\n"))
}
