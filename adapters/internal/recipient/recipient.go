// Package recipient holds what the mailers have in common about addresses: how
// one is written for a mail service.
package recipient

import (
	"strings"

	"golang.org/x/net/idna"
)

// Domain is the part of an address behind its @.
func Domain(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

// Written is an address with its domain as it is looked up (RFC 5891), and
// whether all of it is ASCII. A domain that is none is left as it is, for the
// service to refuse.
func Written(address string) (written string, ascii bool) {
	domain := Domain(address)
	if looked, err := idna.Lookup.ToASCII(domain); err == nil && !isASCII(domain) {
		address = strings.TrimSuffix(address, domain) + looked
	}
	return address, isASCII(address)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f })
}
