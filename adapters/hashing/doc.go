// Package hashing owns the hashing of passwords: what is hashed, how a hash is
// written and by which algorithm, which hashes from elsewhere are read, and how
// many are made at a time. It refuses to judge a password, and to know whose it
// is.
//
// # What new hashes are
//
// Options say by which algorithm they are made: bcrypt or Argon2id (RFC 9106).
//
//	$2a$12$<22 characters of salt><31 of hash>
//	$plinto-hmac-sha384$2a$12$<22 characters of salt><31 of hash>
//	$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>
//
// What is hashed is the password in Unicode NFC. bcrypt takes 72 bytes and would
// pass over the rest; and because it repeats a short key with a NUL between, it
// cannot tell "a" from "a\x00a". So a password that is longer than 72 bytes or
// holds a NUL is hashed before, and the second form says so:
//
//	base64(HMAC-SHA-384("plinto long password v1", password))
//
// in standard base64, 64 characters and no padding. The key is no secret. It
// keeps the input apart from hashes of the same password elsewhere: somebody
// who holds a list of plain SHA-384 hashes cannot try them here without first
// finding the passwords.
//
// # What else is read
//
// The form of a stored hash says which algorithm made it, whatever new ones are
// made by:
//
//	$2a$ $2b$ $2y$                                      bcrypt
//	$argon2id$ $argon2i$                                Argon2 of version 19
//	$scrypt$ln=16,r=8,p=1$<salt>$<hash>                 scrypt (RFC 7914)
//	$fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$<salt>$<hash>  Firebase's own scrypt
//	$pbkdf2$ $pbkdf2-sha256$ $pbkdf2-sha512$            PBKDF2 (RFC 8018)
//	pbkdf2_sha256$ pbkdf2_sha1$ argon2$ bcrypt$ bcrypt_sha256$ scrypt$   Django's
//
// One of $2x$ is not read, for it marks a defect. Nor is one whose parameters
// ask for more work than the file of its algorithm allows: a hash that somebody
// else chose must not hold a worker for minutes or take gigabytes.
//
// # How long a refusal takes
//
// A comparison that fails takes as long as a new hash does, also with nobody's
// hash and with one that was cheaper: the missing work is done, counted out
// where the algorithm is the same and measured out where it is another. A hash
// that is dearer than a new one takes longer to refuse than nobody's, until its
// owner has signed in and it is replaced.
//
// # How many at a time
//
// A hash takes a processor for a quarter of a second. The lane runs as many as
// there are workers and lets some more wait, in the order they came; more are
// refused at once, so that a flood of sign-ins costs those who sign in and
// nobody else. It bounds memory as well: a worker takes at most what the
// dearest hash does that is read.
package hashing
