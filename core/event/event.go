// Package event names what happened. An event is written in the transaction of
// the change that it tells of, and never carries a secret, an address of mail or
// anything else that a reader of the log must not learn.
package event

import (
	"time"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Event is something that happened.
type Event struct {
	Tenant    tenant.ID
	Name      Name
	Actor     string // who did it: "user:<id>", "anonymous", "operator" or "system"
	Subject   string // whom or what it is about: "user:<id>", "session:<id>", "key:<kid>" or empty
	RequestID string // of the request that caused it; empty when none did
	Address   string // of the client; empty when there was none
	Payload   map[string]string
	At        time.Time
}

// Recorded is an Event with its place in the log.
type Recorded struct {
	Event
	Position Position
}

// Position is a place in a tenant's log. Reading on from a position never
// misses an event, also when transactions commit in another order than they
// began in. The zero Position is before the first event.
type Position struct {
	Transaction uint64 // what the engine orders commits by; 0 where it has a single writer
	Sequence    int64
}

// Origin is where an event comes from: the request behind it.
type Origin struct {
	Tenant    tenant.ID
	RequestID string
	Address   string
}

func (o Origin) event(name Name, actor, subject string, at time.Time, payload map[string]string) Event {
	return Event{Tenant: o.Tenant, Name: name, Actor: actor, Subject: subject, RequestID: o.RequestID, Address: o.Address, Payload: payload, At: at}
}

// Actors that are no user.
const (
	Anonymous = "anonymous"
	Operator  = "operator"
	System    = "system"
)

// OfUser names a user as actor or subject.
func OfUser(id user.ID) string { return "user:" + id.String() }

// OfSession names a session as subject.
func OfSession(id session.ID) string { return "session:" + id.String() }

// OfKey names a signing key as subject.
func OfKey(kid string) string { return "key:" + kid }
