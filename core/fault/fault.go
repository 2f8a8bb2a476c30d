// Package fault holds the errors that a caller may be told. Anything else that
// goes wrong is internal, and an edge says nothing about it.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Error is an error meant for the caller.
type Error struct {
	Code    Code
	Message string
	// Fields says which parts of the input are wrong, when Code is
	// ValidationError.
	Fields []Field
	// RetryAfter is how long to wait before the next try; zero says nothing.
	RetryAfter time.Duration
	// MaxAge is how recent proof of who asks must be, when Code is
	// ReauthenticationRequired.
	MaxAge time.Duration
	// cause is for the log, never for the caller.
	cause error
}

// Field is one thing wrong with an input.
type Field struct {
	Name    string // as the inbound command calls it, e.g. "email"
	Type    string // a stable word for programs, e.g. "too_short"
	Message string // a sentence for people; never repeats what was typed
}

// New makes an Error with the code's own message.
func New(c Code) *Error { return &Error{Code: c, Message: c.Message()} }

// Invalid makes a ValidationError out of fields, or nil when there are none.
func Invalid(fields ...Field) error {
	if len(fields) == 0 {
		return nil
	}
	e := New(ValidationError)
	e.Fields = fields
	return e
}

// After says how long to wait before the next try.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Within says how recent proof must be.
func (e *Error) Within(d time.Duration) *Error {
	c := *e
	c.MaxAge = d
	return &c
}

// Because keeps the internal cause for the log.
func (e *Error) Because(err error) *Error {
	c := *e
	c.cause = err
	return &c
}

// Error names the code, and the cause when there is one: it is what a log
// shows. An edge shows Message instead.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %v", e.Code, e.cause)
	}
	return string(e.Code)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is an Error with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// CodeOf gives the code of the first Error in err's chain, and Internal for
// anything that is not one.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
