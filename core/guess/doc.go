// Package guess owns how many wrong passwords are put up with, and from whom.
//
// Every guess is counted before the password is looked at, as a failure; a
// right one gets it back. So parallel guesses cannot slip past: of any number
// at once, no more are looked at than fit.
//
// Guesses are counted by subject. A client that shows nothing draws on the
// account's tally and on its network's. One that shows a device token, which it
// was given at a sign-in and nobody can make up, draws on a tally of that
// device instead: whatever strangers do to the account or from the same
// network, they do not touch it, so nobody can shut an owner out of a device
// that is known. A session that proves its password again has its own, too.
// Names that are nobody's are counted like accounts, so that they look the same.
//
// A right password takes back what the same network guessed wrong just before,
// as NIST SP 800-63B section 3.2.2 advises, and nothing that others did: a
// sign-in of the owner neither gives a guesser a fresh start nor tells him that
// there is an owner. Time forgives the rest, one failure a Forget.
package guess
