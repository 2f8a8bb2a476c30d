// Package jwks owns the signing of access tokens with key pairs that the
// process holds or that sign elsewhere, and the JSON Web Key Set others verify
// them with. It is the only package that knows the JOSE library, so it reads
// clients' DPoP proofs too. It refuses to choose which key signs when, to seal a
// private key, and to judge what a token says.
//
// A token is in compact form (RFC 7515 section 7.1) and its header has exactly
// alg, kid and typ. The signature is made and checked by the library's signer
// and verifier of one algorithm; the parts around it are written and read
// here. There are two reasons. The header of a key never changes, so writing it
// anew for each token is waste: the library's own jws.Sign costs some 20 µs
// over the bare signature, half as much again as an Ed25519 signature itself,
// and more when it is handed a JWK, which it turns back into a key
// for each token. And its parser is made for all of JOSE, where an access token
// has one form and everything else is a forgery. BenchmarkSign compares a token
// with its bare signature.
package jwks
