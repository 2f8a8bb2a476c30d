// Package inbound holds what the world may ask of the core: one small
// interface a resource. The use cases implement them; transports call them. An
// error that a caller may be told is a *fault.Error; any other is a defect.
package inbound

// Services is the whole core as a transport sees it.
type Services struct {
	Accounts       Accounts
	Passwords      Passwords
	Profiles       Profiles
	Recovery       Recovery
	Addresses      Addresses
	MagicLinks     MagicLinks
	Invitations    Invitations
	Tokens         Tokens
	Proofs         Proofs
	Idempotency    Idempotency
	Sessions       Sessions
	Revocations    Revocations
	Activity       Activity
	Keys           Keys
	Events         Events
	Limits         Limits
	Health         Health
	Operators      Operators
	Transfer       Transfer
	Cleanup        Cleanup
	RevocationLog  RevocationLog
	Introspection  Introspection
	Clients        Clients
	Mailing        Mailing
	Mails          Mails
	Mailbox        Mailbox // nil where people are served
	Administration Administration
	Directory      Directory
	Provisioning   Provisioning
	Guesses        Guesses
}
