// Package proof owns what binds a session to a key: DPoP proofs (RFC 9449),
// the rule that judges one, and the nonces that a proof may have to carry. It
// checks no signature and remembers no proof; adapters do.
//
// A proof is a JWT that a client signs anew for each request with a key that
// never leaves it. It names the request's method and address, the moment, and
// itself; with an access token it names that token too. Whoever copies tokens
// has no key to sign with, and whoever copies a proof as well finds that it was
// used, is for another request, or is out of date.
package proof
