// Package failure turns what went wrong outside into what a caller may be
// told, once for all use cases.
package failure

import (
	"errors"
	"time"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/outbound"
)

// retryAfter is how soon to come back to something that is away.
const retryAfter = time.Second

// Of gives err as a fault when it is one or has one's meaning, and otherwise
// err itself, which is a defect.
func Of(err error) error {
	if err == nil || fault.CodeOf(err) != fault.Internal {
		return err
	}
	if busy, ok := errors.AsType[*outbound.BusyError](err); ok {
		return fault.New(fault.Overloaded).After(busy.RetryAfter).Because(err)
	}
	if errors.Is(err, outbound.ErrUnavailable) {
		return fault.New(fault.Unavailable).After(retryAfter).Because(err)
	}
	return err
}
