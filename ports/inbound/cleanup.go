package inbound

import "context"

// Cleanup removes what nobody needs any more. What happened stays: events are
// appended to and never removed.
type Cleanup interface {
	// Run sweeps at once and then every few minutes, until ctx ends.
	Run(ctx context.Context) error

	// Sweep removes everything whose time has come, in small steps, unless
	// another instance is at it. What it removed before an error stays removed.
	// Fault: Unavailable.
	Sweep(ctx context.Context) error

	// Removed counts what this instance has removed, by what it was: a fixed
	// list of words.
	Removed() map[string]int64
}
