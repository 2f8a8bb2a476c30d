package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/tenant"
)

// Clients stores API clients. One that was revoked stays, and stays revoked.
type Clients interface {
	// Insert stores a new client. ErrConflict when the id is taken.
	Insert(ctx context.Context, c client.Client) error

	// ByID finds a client, a revoked one too, in one round trip. ErrNotFound
	// when there is none.
	ByID(ctx context.Context, t tenant.ID, id client.ID) (client.Client, error)

	// List gives all clients of a tenant, the oldest first.
	List(ctx context.Context, t tenant.ID) ([]client.Client, error)

	// Revoke revokes a client. ErrNotFound when there is none that is good; of
	// any number of calls at once, one revokes it.
	Revoke(ctx context.Context, t tenant.ID, id client.ID, at time.Time) error

	// NoteUse sets when a client was last used, unless a later use is noted
	// already. It says nothing of a client that is not there.
	NoteUse(ctx context.Context, t tenant.ID, id client.ID, at time.Time) error
}
