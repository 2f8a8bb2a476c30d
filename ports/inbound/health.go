package inbound

import (
	"context"
	"time"
)

// Health tells whether the service can do its work.
type Health interface {
	// Ready asks everything the service leans on. It answers within about a
	// second.
	Ready(ctx context.Context) Readiness

	// Drain makes Ready answer Unavailable from now on, so that a balancer
	// sends nothing more.
	Drain()
}

// Readiness is how the service is.
type Readiness struct {
	State    ReadyState
	Draining bool
	Database DatabaseHealth
	Cache    CacheHealth
}

// ReadyState sums a Readiness up.
type ReadyState string

// The states. A degraded service answers every request, with limits counted by
// each instance alone.
const (
	Ready       ReadyState = "ready"
	Degraded    ReadyState = "degraded"
	Unavailable ReadyState = "unavailable"
)

// DatabaseHealth is how the database is.
type DatabaseHealth struct {
	Engine                 string
	Healthy                bool
	Error                  string // for operators: names no host and no secret
	ResponseTime           time.Duration
	Size, InUse, Idle, Max int // connections
	CurrentMigration       int64
	ExpectedMigration      int64
	CheckedAt              time.Time
}

// CacheHealth is how Redis is.
type CacheHealth struct {
	Configured   bool
	Healthy      bool
	Error        string
	ResponseTime time.Duration
}
