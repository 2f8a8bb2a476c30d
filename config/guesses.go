package config

import "time"

const (
	// mostGuesses keeps what an account takes in 30 days well under the 100 in a
	// row of NIST SP 800-63B section 3.2.2, with what is forgotten meanwhile.
	mostGuesses = 50
	// mostAddressGuesses is what a list of waits may hold.
	mostAddressGuesses = 1000
	minForget          = 24 * time.Hour
	maxForget          = 30 * 24 * time.Hour
)

func (f *findings) guesses(g Guesses) {
	f.within("GUESSES_MOST", g.Most, 1, mostGuesses)
	f.require(g.Most < 1 || 1 <= g.Free && g.Free <= g.Most, "GUESSES_FREE", "is %d; it must be 1 to GUESSES_MOST, which is %d", g.Free, g.Most)
	f.positive("GUESSES_FIRST_WAIT", g.First)
	f.require(g.Longest >= g.First && g.Longest <= g.Forget, "GUESSES_LONGEST_WAIT", "is %v; it must be GUESSES_FIRST_WAIT to GUESSES_FORGET, which are %v and %v", g.Longest, g.First, g.Forget)
	f.require(minForget <= g.Forget && g.Forget <= maxForget, "GUESSES_FORGET", "is %v; it must be %v to %v", g.Forget, minForget, maxForget)
	f.require(g.Most < 1 || 1 <= g.Tell && g.Tell <= g.Most, "GUESSES_TELL", "is %d; it must be 1 to GUESSES_MOST, which is %d", g.Tell, g.Most)
	f.within("GUESSES_ADDRESS_MOST", g.AddressMost, 1, mostAddressGuesses)
	f.require(g.AddressMost < 1 || 1 <= g.AddressFree && g.AddressFree <= g.AddressMost, "GUESSES_ADDRESS_FREE", "is %d; it must be 1 to GUESSES_ADDRESS_MOST, which is %d", g.AddressFree, g.AddressMost)
	f.require(time.Second <= g.AddressForget && g.AddressForget <= maxForget, "GUESSES_ADDRESS_FORGET", "is %v; it must be 1s to %v", g.AddressForget, maxForget)
	f.require(g.AddressMost < 1 || 1 <= g.AddressTell && g.AddressTell <= g.AddressMost, "GUESSES_ADDRESS_TELL", "is %d; it must be 1 to GUESSES_ADDRESS_MOST, which is %d", g.AddressTell, g.AddressMost)
}
