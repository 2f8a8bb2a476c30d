package inbound

import "context"

// Limits counts requests that no use case counts itself.
type Limits interface {
	// Admit charges the caller's address with one request. Fault: RateLimited.
	Admit(ctx context.Context, caller Caller) error
}
