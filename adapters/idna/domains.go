// Package idna turns internet names between what people read and what the DNS
// holds, by golang.org/x/net/idna: IDNA2008 (RFC 5890 to 5893) as UTS 46 says
// that names are looked up, not transitional, so that ß is not ss.
package idna

import (
	"strings"

	"golang.org/x/net/idna"

	"github.com/plinto/plinto/ports/outbound"
)

// Domains implements outbound.Domains.
type Domains struct{ profile *idna.Profile }

var _ outbound.Domains = Domains{}

// New makes a Domains.
func New() Domains {
	return Domains{idna.New(
		idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.CheckJoiners(true),
		idna.StrictDomainName(true), idna.CheckHyphens(true), idna.VerifyDNSLength(true),
	)}
}

// Forms implements outbound.Domains. A name has one ASCII form, so one whose
// Unicode form leads to another one is refused: no registry has it.
func (d Domains) Forms(domain string) (ascii, unicode string, ok bool) {
	ascii, err := d.profile.ToASCII(domain)
	if err != nil {
		return "", "", false
	}
	unicode, err = d.profile.ToUnicode(ascii)
	if err != nil {
		return "", "", false
	}
	again, err := d.profile.ToASCII(unicode)
	if err != nil || again != ascii || ascii != strings.ToLower(ascii) {
		return "", "", false
	}
	return ascii, unicode, true
}
