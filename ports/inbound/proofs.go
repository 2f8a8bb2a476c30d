package inbound

// Proofs tells clients what their DPoP proofs (RFC 9449) need.
type Proofs interface {
	// Nonce gives the nonce of the moment (RFC 9449 section 8). It does no I/O.
	Nonce() string

	// Algorithms lists what proofs may be signed with (the algs of RFC 9449
	// section 7.1).
	Algorithms() []string
}
