// Package session owns sign-ins: one session is one sign-in on one device,
// and the family of all refresh tokens that came of it. How a refresh token is
// judged is core/token's business.
package session

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// ID identifies a Session. Identifiers are time-ordered, so the order of ids
// is the order of sign-ins.
type ID = id.Of[Session]

// Session is one sign-in.
type Session struct {
	Tenant tenant.ID
	ID     ID
	User   user.ID

	Address   string // the client's address at sign-in; empty when unknown
	UserAgent string
	Device    Device

	AuthenticatedAt time.Time // when the user last proved who they are (OpenID Connect Core 1.0 section 2, auth_time)
	Methods         []string  // how (RFC 8176, amr)

	CreatedAt      time.Time
	LastActivityAt time.Time
	ExpiresAt      time.Time // slides with every rotation
	EndsAt         time.Time // never moves

	EndedAt   *time.Time
	EndReason EndReason // empty while EndedAt is nil

	Rotation Rotation

	// KeyThumbprint is of the key that the session is bound to (RFC 7638,
	// SHA-256, base64url); empty while it is bound to none. Once there it never
	// changes.
	KeyThumbprint string
	// BoundGeneration is of the first refresh token that was handed out to
	// the key's holder; those before it were anybody's who had them.
	BoundGeneration uint32
}

// Rotation is where a session's refresh tokens have got to.
type Rotation struct {
	SecretHash [32]byte // SHA-256 of the current token's secret
	Generation uint32   // how many times it was rotated
	RotatedAt  time.Time
}

// Device is what a user agent says of itself.
type Device struct {
	Name    string
	Type    DeviceType
	Browser string
	OS      string
}

// DeviceType is a coarse kind of device.
type DeviceType string

// The device types.
const (
	Desktop DeviceType = "desktop"
	Mobile  DeviceType = "mobile"
	Tablet  DeviceType = "tablet"
	Bot     DeviceType = "bot"
	Unknown DeviceType = "unknown"
)

// Live reports whether the session may still be used at now: it was not ended,
// has not expired and was not idle for too long.
func (s Session) Live(now time.Time, life Lifetime) bool {
	return s.EndedAt == nil && now.Before(s.ExpiresAt) && s.LastActivityAt.After(life.IdleSince(now))
}

// Opening is what a new session is made of.
type Opening struct {
	Tenant     tenant.ID
	ID         ID
	User       user.ID
	Address    string
	UserAgent  string
	Device     Device
	Methods    []string
	SecretHash [32]byte
	// KeyThumbprint binds the session to a key from the start; empty binds it
	// to none.
	KeyThumbprint string
}

// MaxUserAgent is how much of a user agent is kept, in bytes.
const MaxUserAgent = 512

// New opens a session at now.
func New(o Opening, life Lifetime, now time.Time) Session {
	return Session{
		Tenant: o.Tenant, ID: o.ID, User: o.User,
		Address: o.Address, UserAgent: clip(readable(o.UserAgent), MaxUserAgent), Device: o.Device,
		AuthenticatedAt: now, Methods: o.Methods,
		CreatedAt: now, LastActivityAt: now,
		ExpiresAt: life.Expiry(now, now.Add(life.Absolute)), EndsAt: now.Add(life.Absolute),
		Rotation:      Rotation{SecretHash: o.SecretHash, RotatedAt: now},
		KeyThumbprint: o.KeyThumbprint,
	}
}

// Snapshot is a Session as storage keeps it, with the words that need reading.
type Snapshot struct {
	Session
	DeviceType string
	EndReason  string
	SecretHash []byte
}

// Restore makes a Session of what was stored. A row that the rules forbid is
// an error: it was not written by this package.
func Restore(s Snapshot) (Session, error) {
	out := s.Session
	if len(s.SecretHash) != len(out.Rotation.SecretHash) {
		return Session{}, fmt.Errorf("session %s: stored secret hash has %d bytes", out.ID, len(s.SecretHash))
	}
	copy(out.Rotation.SecretHash[:], s.SecretHash)
	switch t := DeviceType(s.DeviceType); t {
	case Desktop, Mobile, Tablet, Bot, Unknown:
		out.Device.Type = t
	default:
		return Session{}, fmt.Errorf("session %s: unknown device type %q", out.ID, s.DeviceType)
	}
	if (out.EndedAt == nil) != (s.EndReason == "") {
		return Session{}, fmt.Errorf("session %s: an ended session has a reason, a live one has none", out.ID)
	}
	out.EndReason = EndReason(s.EndReason)
	return out, nil
}

// readable keeps what every store and every page can show: a user agent is
// whatever a client cares to send.
func readable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// clip shortens s to at most n bytes without cutting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
