package outbound

import (
	"errors"
	"fmt"
	"time"
)

// The errors that adapters answer with, to be told apart by errors.Is. An
// adapter wraps the driver's own error beside them, for the log. Any other
// error is a defect.
var (
	// ErrNotFound says that there is no such thing.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that something unique is there already.
	ErrConflict = errors.New("conflict")
	// ErrStale says that what was to be changed is not as expected any more.
	ErrStale = errors.New("stale")
	// ErrUnavailable says that the adapter's technology cannot be reached or
	// does not answer in time. Trying again later may help.
	ErrUnavailable = errors.New("unavailable")
	// ErrUnknownKey says that a token names a signing key that is not in use
	// here. It comes with token.ErrInvalid.
	ErrUnknownKey = errors.New("unknown signing key")
	// ErrSealed says that sealed bytes cannot be opened: they were sealed
	// under a key that is not at hand, or changed since.
	ErrSealed = errors.New("cannot be unsealed")
	// ErrUnsent says that a message was certainly not accepted.
	ErrUnsent = errors.New("mail was not accepted")
)

// BusyError says that the work was not begun, because too much of it is
// waiting already.
type BusyError struct{ RetryAfter time.Duration }

// Error says so.
func (e *BusyError) Error() string { return fmt.Sprintf("busy, retry after %s", e.RetryAfter) }
