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
//   - two parties that hold the same token are found out at the latest when both
//     have refreshed and were further apart than the grace, whoever was first,
//     and only that session ends;
//   - neither the database alone nor the application's key alone yields a token;
//   - a forged token is refused by its tag, before any storage is asked.
//
// # What rotation cannot tell
//
// A copy that always comes within the grace of its owner's refresh gets the same
// successor, as a client that lost an answer must, and looks just like it: the
// address differs as often for an honest client whose network changed, and a
// user agent is copied with the token. It takes knowing the owner's refreshes to
// the second; a thief who goes by the expiry of its own access token does not,
// since that is jittered. And a copy whose owner never refreshes again is never
// met, until the session expires or is ended. With a grace of zero nobody
// follows, and no lost answer is given again. A test in core/app measures how
// long theft runs unfound.
//
// # What only a key adds
//
// All of this finds a theft out and prevents none. Until both have come, the
// thief and the victim look alike; and when they are told apart by nothing, the
// session has to end for both, so whoever copies a token can always sign its
// owner out. A session that is bound to a key (package proof, RFC 9449) is
// different in three ways:
//
//   - a copied token is worth nothing, and presenting it changes nothing: the
//     copy is refused, and the owner's session goes on;
//   - so are a copied access token, and a request copied whole;
//   - the last refresh token in the hands of the key's holder is no copy, so a
//     lost answer is given again however much later.
//
// A session is bound when it is opened, or by the first refresh that proves a
// key; it is never bound to another or to none after that. What was handed out
// before a refresh bound it was a bearer's: an access token of that time is good
// until it expires, and whoever had copied the refresh token may have been the
// one who bound it. Such a token that comes back without the key ends the session,
// as any copy does. A client that can prove a key does so when it signs in, and
// no token of it is ever a bearer's. Against one who uses the key itself, where
// it is kept, no proof helps.
//
// Judge is the rule; storage carries out its common case, Rotate, in one
// compare-and-set statement and asks Judge only when that finds no row.
package token
