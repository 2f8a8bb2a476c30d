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

// Key gives what addresses are compared by: the address in lower case, with the
// domain in ASCII (RFC 5891), so that one mailbox has one key however it is
// written.
func (e Email) Key() string { return e.key }

// ASCII gives the address as mail servers without SMTPUTF8 take it: the local
// part as it was typed, the domain in ASCII.
func (e Email) ASCII() string {
	if isASCII(e.address) {
		return e.address
	}
	_, domain, _ := strings.Cut(e.key, "@")
	return e.LocalPart() + "@" + domain
}

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

// Domains knows the two forms of internet names (RFC 5890 section 2.3.2.1).
type Domains interface {
	// Forms gives the ASCII and the Unicode form of a name, which may be given
	// in either or as people type it. It answers false for what is no name by
	// IDNA2008 as it is looked up (UTS 46, not transitional).
	Forms(domain string) (ascii, unicode string, ok bool)
}

// ParseAddress reads one address of the plain form local@domain (RFC 5321
// section 4.1.2, without quoted local parts, comments and address literals).
// The local part is ASCII, for mail to any other takes SMTPUTF8 all the way; the
// domain may be international (RFC 5890). It does not trim: what is stored is
// what was typed.
func ParseAddress(s string, d Domains) (Email, []fault.Field) {
	if s == "" {
		return Email{}, []fault.Field{fault.EmailMissing.In("email")}
	}
	e, ok := readEmail(s)
	if local, domain, found := strings.Cut(s, "@"); found && needsIDNA(domain) {
		e, ok = readInternational(s, local, domain, d)
	}
	if !ok {
		return Email{}, []fault.Field{fault.EmailInvalid.In("email")}
	}
	return e, nil
}

// ParseEmail is ParseAddress for addresses in ASCII, whose domains it takes as
// they are: it asks nobody. Use cases read what people type by ParseAddress.
func ParseEmail(s string) (Email, []fault.Field) { return ParseAddress(s, plainDomains{}) }

// plainDomains knows names in ASCII alone.
type plainDomains struct{}

func (plainDomains) Forms(domain string) (ascii, unicode string, ok bool) {
	return domain, domain, isASCII(domain)
}

const (
	maxAddress = 254 // RFC 5321 section 4.5.3.1.3, less the angle brackets
	maxLocal   = 64  // section 4.5.3.1.1
	maxLabel   = 63  // RFC 1035 section 2.3.4
)

// readEmail reads an address in ASCII.
func readEmail(s string) (Email, bool) {
	local, domain, found := strings.Cut(s, "@")
	if !found || len(s) > maxAddress || !isDotAtom(local) || len(local) > maxLocal || !isHostname(domain) {
		return Email{}, false
	}
	return Email{address: s, key: strings.ToLower(s)}, true
}

// readInternational reads an address by the ASCII form of its domain. Both what
// was typed and what goes over the wire are as short as an address has to be.
func readInternational(s, local, domain string, d Domains) (Email, bool) {
	if len(s) > maxAddress || !isDisplayable(domain) {
		return Email{}, false
	}
	ascii, unicode, ok := d.Forms(domain)
	if !ok || !hasPlainScripts(unicode) {
		return Email{}, false
	}
	e, ok := readEmail(local + "@" + ascii)
	e.address = s
	return e, ok
}

// restoreEmail makes an address of what was stored: as typed, and its key. A
// stored key is taken at its word, since rules may change and rows do not.
func restoreEmail(address, key string) (Email, bool) {
	if key == "" || isASCII(address) {
		return readEmail(address)
	}
	e, ok := readEmail(key)
	local, _, found := strings.Cut(address, "@")
	e.address = address
	return e, ok && found && isDotAtom(local) && len(address) <= maxAddress
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

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
