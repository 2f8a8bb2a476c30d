package user

// RestoreEmail makes an address of what was stored of it, and tells whether it
// was written by this package.
func RestoreEmail(address, key string) (Email, bool) {
	e, ok := restoreEmail(address, key)
	return e, ok && e.key == key
}

// Mailbox is what an account knows of the mailbox behind its address.
//
// An address can be typed by anybody. Until somebody has proved the mailbox, all
// that an account has may be a stranger's: its password, its sessions, a change
// of the address under way, what is known of devices. A proof alone says that
// the mailbox exists, and that its owner opened a link; it does not say that the
// owner is who holds the account. So it does not make a stranger's password
// good: whoever opens the link from a session of the account shows to be both.
type Mailbox struct {
	// Verified says that the mailbox was proved.
	Verified bool
	// Owned says that whoever holds the account, by its password or a session,
	// is who proved the mailbox: it was proved from a session of the account, or
	// all that the account has was given to it by mailed links.
	Owned bool
}

// MustClaim tells whether somebody who gets in by the mailbox takes the account
// over, so that everything that a stranger may have prepared ends.
func (m Mailbox) MustClaim() bool { return !m.Verified || !m.Owned }
