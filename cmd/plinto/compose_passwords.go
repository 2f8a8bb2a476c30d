package main

import (
	"log/slog"

	"github.com/plinto/plinto/adapters/hashing"
	"github.com/plinto/plinto/adapters/hibp"
	"github.com/plinto/plinto/adapters/telemetry"
	"github.com/plinto/plinto/config"
	"github.com/plinto/plinto/ports/outbound"
)

func newHasher(c config.Password) (*hashing.Hasher, error) {
	return hashing.New(hashing.Options{
		Algorithm: hashing.Algorithm(c.Hasher), Cost: c.BcryptRounds,
		Argon2: hashing.Argon2{Memory: c.Argon2Memory, Passes: c.Argon2Passes, Lanes: c.Argon2Lanes},
		Queue:  c.Queue, Timeout: c.QueueTimeout,
	})
}

// openBreached gives the way to those who know breached passwords, or none, and
// what closes it.
func openBreached(c config.Password, m *telemetry.Metrics, log *slog.Logger) (outbound.BreachedPasswords, func() error) {
	if !c.HIBPEnabled {
		return nil, func() error { return nil }
	}
	ranges := hibp.New(hibp.Options{URL: c.HIBPURL, Timeout: c.HIBPTimeout, Agent: "plinto/" + programVersion(), Log: log, Failed: m.BreachesLost})
	return ranges, ranges.Close
}
