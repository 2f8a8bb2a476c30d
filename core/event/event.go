// Package event names what happened. An event is written in the transaction of
// the change that it tells of, and never carries a secret, an address of mail or
// anything else that a reader of the log must not learn.
package event

import (
	"strings"
	"time"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Event is something that happened.
type Event struct {
	Tenant    tenant.ID
	Name      Name
	Actor     string  // who did it: "user:<id>", "anonymous", "operator" or "system"
	Subject   string  // whom or what it is about: "user:<id>", "session:<id>", "key:<kid>", "client:<id>" or empty
	User      user.ID // whose account it concerns; zero when it concerns nobody's
	RequestID string  // of the request that caused it; empty when none did
	Address   string  // of the client; empty when there was none
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

// IsZero reports whether p is before the first event.
func (p Position) IsZero() bool { return p == Position{} }

// Origin is where an event comes from: the request behind it.
type Origin struct {
	Tenant    tenant.ID
	RequestID string
	Address   string
}

func (o Origin) event(name Name, actor, subject string, at time.Time, payload map[string]string) Event {
	return Event{
		Tenant: o.Tenant, Name: name, Actor: actor, Subject: subject, User: owner(subject, payload),
		RequestID: o.RequestID, Address: o.Address, Payload: payload, At: at,
	}
}

// UserID is the member of a payload that says whose account an event concerns
// that has another subject.
const UserID = "user_id"

// owner tells whose account an event concerns: the user of its payload, or
// else a subject that is a user.
func owner(subject string, payload map[string]string) user.ID {
	text, named := payload[UserID]
	if !named {
		text, named = strings.CutPrefix(subject, ofUser)
	}
	if !named {
		return user.ID{}
	}
	who, err := id.Parse[user.User](text)
	if err != nil {
		return user.ID{}
	}
	return who
}

const (
	ofUser    = "user:"
	ofSession = "session:"
)

// Actors that are no user.
const (
	Anonymous = "anonymous"
	Operator  = "operator"
	System    = "system"
)

// OfUser names a user as actor or subject.
func OfUser(id user.ID) string { return ofUser + id.String() }

// OfSession names a session as subject.
func OfSession(id session.ID) string { return ofSession + id.String() }

// OfKey names a signing key as subject.
func OfKey(kid string) string { return "key:" + kid }

// OfClient names an API client as subject.
func OfClient(id client.ID) string { return "client:" + id.String() }
