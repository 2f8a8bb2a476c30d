package user

import (
	"strings"

	"github.com/plinto/plinto/core/fault"
)

// Email is a valid address. It is kept as typed, and mail goes to what was
// typed; two addresses are the same account when their keys are equal.
type Email struct{ address, key string }

// String gives the address as it was typed.
func (e Email) String() string { return e.address }

// Key gives what addresses are compared by: the address in lower case.
func (e Email) Key() string { return e.key }

// IsZero reports whether there is no address.
func (e Email) IsZero() bool { return e.address == "" }

// LocalPart is what stands before the @.
func (e Email) LocalPart() string {
	local, _, _ := strings.Cut(e.address, "@")
	return local
}

// Domain is what stands behind the @.
func (e Email) Domain() string {
	_, domain, _ := strings.Cut(e.address, "@")
	return domain
}

// ParseEmail reads one address of the plain form local@domain (RFC 5321
// section 4.1.2, without quoted local parts, comments and address literals, and
// in ASCII). It does not trim: what is stored is what was typed.
func ParseEmail(s string) (Email, []fault.Field) {
	if s == "" {
		return Email{}, []fault.Field{fault.EmailMissing.In("email")}
	}
	e, ok := readEmail(s)
	if !ok {
		return Email{}, []fault.Field{fault.EmailInvalid.In("email")}
	}
	return e, nil
}

const (
	maxAddress = 254 // RFC 5321 section 4.5.3.1.3, less the angle brackets
	maxLocal   = 64  // section 4.5.3.1.1
	maxLabel   = 63  // RFC 1035 section 2.3.4
)

func readEmail(s string) (Email, bool) {
	local, domain, found := strings.Cut(s, "@")
	if !found || len(s) > maxAddress || !isDotAtom(local) || len(local) > maxLocal || !isHostname(domain) {
		return Email{}, false
	}
	return Email{address: s, key: strings.ToLower(s)}, true
}

// isDotAtom holds RFC 5322 section 3.2.3.
func isDotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for i := range len(atom) {
			if c := atom[i]; !isAlphanumeric(c) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) < 0 {
				return false
			}
		}
	}
	return true
}

// isHostname wants at least two labels and a top one that is not a number: an
// address at a bare host or at an IP address is nobody's mailbox.
func isHostname(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !isAlphanumeric(c) && c != '-' {
				return false
			}
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
