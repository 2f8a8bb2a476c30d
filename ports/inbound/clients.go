package inbound

import (
	"context"

	"github.com/plinto/plinto/core/client"
)

// Clients looks after API clients, and tells who one is.
type Clients interface {
	// Create makes a client and gives its secret, which nobody can read again.
	// Fault: ValidationError.
	Create(ctx context.Context, name string, scopes []client.Scope) (client.Client, string, error)

	// List gives all clients, revoked ones too, the oldest first.
	List(ctx context.Context) ([]client.Client, error)

	// Revoke revokes a client, at once and on every instance. Fault: NotFound
	// when there is none that is good.
	Revoke(ctx context.Context, id client.ID) error

	// Authenticate tells which client a credential is of, and that it has a
	// scope. InvalidClient says nothing of why. It asks the store once, and
	// charges the client when it is genuine and the caller's address when it is
	// not. Faults besides: InsufficientScope, RateLimited.
	Authenticate(ctx context.Context, caller Caller, c ClientCredential, need client.Scope) (client.ID, error)

	// Check tells whether a client that was authenticated is still good, from
	// what was known half a second ago at most. Any number of callers at once
	// cost the store one question. Fault: InvalidClient.
	Check(ctx context.Context, id client.ID, need client.Scope) error
}

// ClientCredential is what a client says of itself, as it was sent.
type ClientCredential struct{ ID, Secret string }
