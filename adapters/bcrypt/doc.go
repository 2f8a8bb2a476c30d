// Package bcrypt owns the hashing of passwords: what is hashed, how the hash is
// written, and how many are made at a time. It refuses to judge a password, and
// to know whose it is.
//
// # What is hashed
//
// The password in Unicode NFC. bcrypt takes 72 bytes and would pass over the
// rest; and because it repeats a short key with a NUL between, it cannot tell
// "a" from "a\x00a". So a password that is longer than 72 bytes or holds a NUL
// is hashed before:
//
//	base64(HMAC-SHA-384("plinto long password v1", password))
//
// in standard base64, 64 characters and no padding. The key is no secret. It
// keeps the input apart from hashes of the same password elsewhere: somebody
// who holds a list of plain SHA-384 hashes cannot try them here without first
// finding the passwords.
//
// # What is stored
//
//	$2a$12$<22 characters of salt><31 of hash>
//	$plinto-hmac-sha384$2a$12$<22 characters of salt><31 of hash>
//
// The second says that the password was hashed before. Hashes that begin with
// $2b$ and $2y$ are read also: they come from other implementations and mean
// the same for passwords that are hashed directly. One of $2x$ is not read,
// for it marks a defect.
//
// # How many at a time
//
// A hash takes a processor for a quarter of a second. The lane runs as many as
// there are workers and lets some more wait, in the order they came; more are
// refused at once, so that a flood of sign-ins costs those who sign in and
// nobody else.
package bcrypt
