// Package mailed is what the use cases share that mail links: it owes the
// mails, writes their links when their time has come, and says what a token that
// comes back is of.
//
// A request for a mail looks nobody up: it owes one to the address as typed, and
// that is one row, whoever the address is. The writer of the mail finds out
// whether there is an account, makes the token and keeps its hash, in one
// transaction. So nothing that works lies in a queue, nobody can tell from the
// work of a request whether there is an account, and a mail that is written again
// has a new token, in place of the old one.
//
// # Whose account it is
//
// An address can be typed by anybody, so an account that exists says nothing of
// who made it. Whoever gets in by the mailbox — by a reset, a magic link or an
// invitation — proves to be its owner, and takes the account over: its sessions
// end, its password goes or is replaced, no device is known any more, and mailed
// tokens and a change of the address under way are worthless. A reset always does
// so. A magic link does while user.Mailbox says that who holds the account may
// be somebody else; after that it is a sign-in like others.
//
// To open the link that verifies an address is less: its owner may do that for
// an account that somebody else made. The address counts as verified, and
// sessions and password stay, for most people who open it on another device are
// those who signed up. But they count as its owner's only when the link is
// opened from a session of the account. Otherwise the next one to get in by the
// mailbox claims it; until then nothing of the owner's is in it. A change of
// address follows the same rule with the new mailbox.
package mailed
