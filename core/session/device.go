package session

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"github.com/plinto/plinto/core/user"
)

// Hints are the client hints that say what a user agent is (User-Agent Client
// Hints, section 3), as they were sent; each is empty when it was not.
type Hints struct {
	Brands   string // Sec-CH-UA
	Mobile   string // Sec-CH-UA-Mobile
	Platform string // Sec-CH-UA-Platform
}

// Fingerprint tells the kinds of device of one user apart.
type Fingerprint [32]byte

// Fingerprint is the device as an account remembers it: SHA-256 over the user,
// the browser's family, the operating system and the type of device. Versions
// are left out, so that an update makes no new device of an old one.
//
// It is a hint to the owner of the account and no proof. A client says of
// itself what it likes: a thief who copies the user agent of a known device is
// not told from it, two telephones of one make are one device, and a browser
// in its private mode is the browser that it is outside. Nothing is stored on
// the client to know it again.
func (d Device) Fingerprint(owner user.ID) Fingerprint {
	h := sha256.New()
	for _, part := range []string{"device 1", string(owner[:]), d.family(), d.OS, string(d.Type)} {
		_, _ = h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		_, _ = h.Write([]byte(part))
	}
	return Fingerprint(h.Sum(nil))
}

// family is the browser without its version, which is the number at its end.
func (d Device) family() string {
	name, version, found := cutLast(d.Browser, " ")
	if !found || version == "" || strings.Trim(version, "0123456789") != "" {
		return d.Browser
	}
	return name
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// KnownDevice is a device that an account was signed in to from.
type KnownDevice struct {
	Device
	FirstSeenAt time.Time
	LastSeenAt  time.Time // the last sign-in
}

// MaxKnownDevices is how many devices an account remembers: those seen last.
const MaxKnownDevices = 100
