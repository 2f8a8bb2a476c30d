package passwordlist

import (
	_ "embed"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/plinto/plinto/ports/outbound"
)

//go:embed common.bloom
var shipped string

// List is an outbound.CommonPasswords.
type List struct{ filter filter }

var _ outbound.CommonPasswords = List{}

// Shipped gives the list that is part of the program.
func Shipped() (List, error) { return Open(shipped) }

// Open gives the list of a file that Build made.
func Open(file string) (List, error) {
	f := filter(file)
	return List{f}, f.check()
}

// Has reports whether a password is on the list.
func (l List) Has(password string) bool { return l.filter.has(Canonical(password)) }

// Words is how many passwords are on the list.
func (l List) Words() int { return l.filter.words() }

// Canonical gives the form that is listed, by which passwords are the same that
// differ in capitals or in how characters are composed: NFC of the lower case.
func Canonical(password string) string {
	return norm.NFC.String(strings.ToLower(norm.NFC.String(password)))
}
