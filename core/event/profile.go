package event

import (
	"strings"
	"time"

	"github.com/plinto/plinto/core/user"
)

// Fields is the member of the payload of UserUpdated that names what has
// changed, with spaces between. What it was and is stands nowhere.
const Fields = "fields"

// Updated tells which fields of an account have other values.
func Updated(o Origin, actor string, who user.ID, fields []string, at time.Time) Event {
	return o.event(UserUpdated, actor, OfUser(who), at, map[string]string{Fields: strings.Join(fields, " ")})
}

// Deleted tells of an account that was erased. Where that was asked from is
// erased with it when its user did.
func Deleted(o Origin, actor string, who user.ID, at time.Time) Event {
	if actor == OfUser(who) {
		o = o.Unlocated()
	}
	return o.event(UserDeleted, actor, OfUser(who), at, nil)
}

// Exported tells that everything that is stored about a user was handed out.
func Exported(o Origin, actor string, who user.ID, at time.Time) Event {
	return o.event(UserExported, actor, OfUser(who), at, nil)
}

// Unlocated is the origin without what tells of a person.
func (o Origin) Unlocated() Origin { return Origin{Tenant: o.Tenant} }

// KeptMembers are the members of payloads that stay when the account that an
// event concerns is erased: identifiers and words of ours. Of any other nobody
// has said that it tells nothing of a person, so it goes. The reason of
// UserSuspended is somebody's own words, and goes too.
func KeptMembers() []string {
	return []string{UserID, "session_id", "reason", "methods", Fields, "source", Action, GuessedOf, Failures}
}
