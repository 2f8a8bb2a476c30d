package guess

import (
	"strings"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
)

// Subject is whose guesses are counted together: a kind, a colon and a key that
// tells nothing that a person typed.
type Subject string

// The kinds of subject, as their texts begin.
const (
	kindAccount = "account:"
	kindDevice  = "device:"
	kindName    = "name:"
	kindAddress = "address:"
	kindSession = "session:"
)

// Account is everybody who guesses at an account and shows no device.
func Account(id user.ID) Subject { return Subject(kindAccount + id.String()) }

// Device is whoever has the device token of the session of a sign-in.
func Device(id session.ID) Subject { return Subject(kindDevice + id.String()) }

// Session is whoever has a session and proves the password again.
func Session(id session.ID) Subject { return Subject(kindSession + id.String()) }

// Name is everybody who guesses at a name that is nobody's, by its pseudonym.
func Name(pseudonym string) Subject { return Subject(kindName + pseudonym) }

// Address is everybody in a network, by its pseudonym.
func Address(pseudonym string) Subject { return Subject(kindAddress + pseudonym) }

// Kind is what the subject is: account, device, name, address or session.
func (s Subject) Kind() string {
	kind, _, _ := strings.Cut(string(s), ":")
	return kind
}

// IsDevice tells whether the subject is a known device.
func (s Subject) IsDevice() bool {
	return len(s) > len(kindDevice) && strings.HasPrefix(string(s), kindDevice)
}
