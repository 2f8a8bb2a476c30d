// Package smtp owns handing mails to a mail server by SMTP (RFC 5321), as a
// submission client (RFC 6409). It refuses to do so without TLS, but for a
// server on this machine that wants no password, and it never opens a
// connection that is kept: each message has its own, so that what became of it
// is known from what was said on it.
package smtp
