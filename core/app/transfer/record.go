package transfer

import (
	"time"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// parse reads a record, and gives everything that is wrong with it.
func (r *running) parse(in inbound.UserRecord) entry {
	e := entry{line: in.Line, faults: in.Faults}
	if len(e.faults) > 0 {
		return e
	}
	now := r.world.Clock.Now()
	wrong := func(faults ...fault.Field) { e.faults = append(e.faults, faults...) }
	at := func(field, text string, otherwise time.Time) time.Time {
		t, ok := instant(text, otherwise, now)
		if !ok {
			wrong(fault.RecordTime.In(field))
		}
		return t
	}

	registration := user.Registration{Tenant: r.tenant, ID: user.ID(r.world.Identifiers.New())}
	if in.ID != "" {
		var err error
		registration.ID, err = id.Parse[user.User](in.ID)
		if err != nil || registration.ID.IsZero() {
			wrong(fault.RecordID.In("id"))
		}
		e.named = true
	}
	var faults []fault.Field
	registration.Email, faults = user.ParseAddress(in.Email, r.world.Domains)
	wrong(faults...)
	changes, faults := user.ParseChanges(user.Edits{
		Username: user.Set(in.Username), FirstName: user.Set(in.FirstName), LastName: user.Set(in.LastName), DisplayName: user.Set(in.DisplayName),
		ImageURL: user.Set(in.ImageURL), PhoneNumber: user.Set(in.PhoneNumber), Timezone: user.Set(in.Timezone), Locale: user.Set(in.Locale),
		Metadata: user.Set(in.Metadata),
	})
	wrong(faults...)
	created := at("created_at", in.CreatedAt, now)
	updated := at("updated_at", in.UpdatedAt, created)
	u := user.New(registration, created)
	if len(e.faults) == 0 {
		u, _, faults = changes.Apply(u, created)
		wrong(faults...)
	}
	u.UpdatedAt, u.Revision, u.EmailVerified = updated, 1, in.EmailVerified
	if in.LastSignInAt != "" {
		last := at("last_sign_in_at", in.LastSignInAt, now)
		u.LastSignInAt = &last
	}
	if in.Status != "" {
		status, err := user.ParseStatus(in.Status)
		if err != nil || status == user.Deleted {
			wrong(fault.RecordStatus.In("status"))
		}
		u.Status = status
	}
	wrong(r.readable(in.PasswordHash)...)
	e.Transferred = outbound.Transferred{User: u, PasswordHash: in.PasswordHash, Events: r.imported(u)}
	return e
}

// readable faults a hash that no sign-in could verify.
func (r *running) readable(hash string) []fault.Field {
	if hash == "" {
		return nil
	}
	switch r.world.Hasher.Appraise(hash) {
	case outbound.HashUnknown:
		return []fault.Field{fault.RecordHash.In("password_hash")}
	case outbound.HashTooCostly:
		return []fault.Field{fault.RecordHashTooCostly.In("password_hash")}
	}
	return nil
}

// instant reads a time that every store can keep, not to come.
func instant(text string, otherwise, now time.Time) (time.Time, bool) {
	if text == "" {
		return otherwise, true
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	t = t.UTC().Truncate(time.Microsecond)
	return t, err == nil && t.After(time.Unix(0, 0)) && !t.After(now)
}

// record writes an account so that parse reads the same.
func record(t outbound.Transferred) inbound.UserRecord {
	u, p := t.User, t.User.Profile
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	r := inbound.UserRecord{
		ID: u.ID.String(), Email: u.Email.String(), EmailVerified: u.EmailVerified, Username: u.Username.String(),
		FirstName: text(p.FirstName), LastName: text(p.LastName), DisplayName: text(p.DisplayName), ImageURL: text(p.ImageURL),
		PhoneNumber: text(p.PhoneNumber), Timezone: text(p.Timezone), Locale: text(p.Locale),
		Metadata: string(u.Metadata), Status: string(u.Status), PasswordHash: t.PasswordHash,
		CreatedAt: u.CreatedAt.Format(time.RFC3339Nano), UpdatedAt: u.UpdatedAt.Format(time.RFC3339Nano),
	}
	if u.LastSignInAt != nil {
		r.LastSignInAt = u.LastSignInAt.Format(time.RFC3339Nano)
	}
	return r
}
