// Package token owns what a session hands out: the refresh token and the rule
// that judges it, the claims of an access token, and which signing key is used
// when. It signs nothing and stores nothing.
//
// # Rotation
//
// A refresh token is a ratchet. The first secret of a session is random; each
// successor's is an HMAC of the one before under the application's key. So
// whoever presents a token enables the server to compute the very successor that
// an earlier presentation got, though storage holds only a hash of one secret.
// What follows, for one session:
//
//   - at most one chain of successors lives;
//   - any number of simultaneous presentations of one token get the same successor;
//   - a client that lost the answer asks again within the grace and gets it;
//   - two parties that hold the same token are found out when the second of
//     them comes later than the grace, and only that session ends;
//   - neither the database alone nor the application's key alone yields a token;
//   - a forged token is refused by its tag, before any storage is asked.
//
// Judge is the rule; storage carries out its common case, Rotate, in one
// compare-and-set statement and asks Judge only when that finds no row.
package token
