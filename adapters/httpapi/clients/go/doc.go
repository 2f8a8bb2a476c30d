// Package plinto lets a service accept Plinto's access tokens, and refuse them
// as soon as they are revoked. It verifies tokens by the published keys, follows
// what is revoked in the background, and asks about no token while it is in
// step. It uses the standard library and nothing else.
//
//	verifier, err := plinto.New(plinto.Options{
//		Issuer: "https://auth.example.com", Audience: "plinto",
//		ClientID: id, ClientSecret: secret, // plinto clients create
//	})
//	go verifier.Run(ctx)
//	http.Handle("/orders", verifier.Require(orders))
//
// # How long a revoked token may still be accepted
//
// Every heartbeat of the feed says up to which instant everything that was
// revoked has been told. In the ordinary case a token is refused within the
// second that Plinto promises for itself, plus the time that the network takes.
// When the feed is late, because the network or Plinto is away, the bound is
// Options.MaxStaleness plus the time that the network takes: from then on no
// token is accepted that has not been asked about, unless Options.Late is
// FailOpen. Both instants of a heartbeat are Plinto's, so clocks that differ do
// not widen the bound.
//
// # What it does not do
//
// Signatures are checked here, with crypto/rsa, crypto/ecdsa and crypto/ed25519,
// and not by a library: three algorithms with fixed parameters are about as much
// code as it takes to keep a library from doing more than that. The key says
// which algorithm it is for; a token cannot choose.
//
// A token that is bound to a key (RFC 9449) is refused unless
// Options.CheckProof is set: whoever accepts it without a proof of the key gives
// the binding away.
package plinto
