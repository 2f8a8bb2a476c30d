// Package transaction holds what the stores have in common about
// transactions: that they do not nest, and when one is tried again.
package transaction

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plinto/plinto/ports/outbound"
)

type key struct{ store any }

// Enter marks a context as being inside a transaction of a store.
func Enter(ctx context.Context, store any) context.Context {
	return context.WithValue(ctx, key{store}, true)
}

// ErrNested says that a store was asked from inside its own transaction, where
// it might wait for itself.
var ErrNested = errors.New("the store was used inside its own transaction instead of what the transaction was given")

// Refuse answers ErrNested when the context is inside a transaction of the store.
func Refuse(ctx context.Context, store any) error {
	if ctx.Value(key{store}) != nil {
		return ErrNested
	}
	return nil
}

// tries is how often a transaction is run before its conflict is passed on.
const tries = 4

// Retry runs a transaction again while another one keeps it from being
// serializable.
func Retry(ctx context.Context, attempt func() error) error {
	for n := 1; ; n++ {
		err := attempt()
		if n == tries || !errors.Is(err, ErrSerialization) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(n) * 2 * time.Millisecond):
		}
	}
}

// ErrSerialization is the ErrStale of a transaction that another one kept from
// being serializable, as opposed to one that found something changed.
var ErrSerialization = fmt.Errorf("serialization failure: %w", outbound.ErrStale)
