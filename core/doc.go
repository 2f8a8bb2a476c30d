// Package core is the domain: what a user, a session, a token and a limit are,
// and the rules they obey. It performs no I/O and reads no clock.
//
// # Two tiers
//
// The nouns (core/user, core/session, core/token and the others beside this
// file) are values and pure functions of values. Time, randomness and keys
// come in as parameters, so a rule can be tried with nothing installed.
//
// The use cases (core/app and below) are written against the interfaces of
// ports and put the nouns to work. They know no technology.
//
//	core/<noun>  <-  ports/{inbound,outbound}  <-  core/app/<capability>
//	core/<noun>, ports/inbound   <-  adapters that drive  (httpapi)
//	core/<noun>, ports/outbound  <-  adapters that are driven (postgres, sqlite, redis, ...)
//	config, core/app, adapters   <-  cmd/plinto
//
// "A <- B" reads "B imports A". Everybody may use the nouns; only core/app is
// written against ports; only adapters touch the world; only cmd knows who
// plays which part. A test in cmd/plinto holds the rule, transitively.
//
// # Glossary
//
//   - Tenant: a closed world of users. There is one, tenant.Default, and every
//     key and query already names it.
//   - User: an account, known by an id, an e-mail address and perhaps a user name.
//   - Key (of an address): what it is compared by; one mailbox has one, however its
//     domain is written.
//   - Credential: what proves a user; now a password.
//   - Session: one sign-in on one device. It is also the token family: a single
//     row with a generation counter.
//   - Device: a kind of device that a user was signed in to from: type, browser
//     and system, as the client says. A hint for the owner, and no proof.
//   - Activity: when and from which addresses a session was used, to the minute.
//   - Alert: something in the history of an account that its owner should look at.
//   - Refresh token: the opaque, rotating secret of a session ("prt_...").
//   - Access token: a short-lived signed JWT that names user and session (RFC 9068).
//   - Generation: how many times a session's refresh token was rotated.
//   - Key-bound: of a session whose tokens are worth nothing without proofs of a key.
//   - Proof: a DPoP proof (RFC 9449), a JWT that a client signs for one request.
//   - Grace: how long the last token may be repeated by a client that lost the answer.
//   - Idle: a session with which nothing was done for too long; it is over.
//   - Displaced: a session that ended because its user may have only so many.
//   - Step-up: to prove again who one is before an account changes (RFC 9470).
//   - Reuse: a genuine but older token is presented; the session ends.
//   - Revocation: an access token becomes bad before it expires, because its session
//     ended or its key was revoked. Every instance follows the events that say so and
//     knows within a second; while it cannot know, it asks the store about each token.
//   - Revision: how often what is shown of an account has changed; a change may be
//     meant for one of them alone.
//   - Erasure: the end of an account, with all that is stored of its user. A
//     tombstone stays: a user without a name, whose id nobody else gets.
//   - Mailed token: what stands in the link of a mail and proves who has the mailbox, once.
//   - Claim: whoever gets in by the mailbox takes an account over from whoever made it.
//   - Suspension: a user may not act, and every session of theirs is over for good.
//   - Guess: a password that is presented. It counts as wrong until it was looked at.
//   - Tally: the wrong passwords of one subject: an account, a known device, a session,
//     a name that is nobody's, a client address.
//   - Known device: one that shows the device token of a sign-in; strangers keep it
//     from nothing.
//   - Outbox: the mails that are owed, each until it was handed over or given up.
//   - Retention: how long a session that is over is kept before its row is removed.
//   - Lease: work that one instance at a time has taken on, until a time.
//   - Administrator: a user who looks after the other users of their tenant, by the API.
//   - Operator: whoever runs the service, with the program and its database at hand.
//   - Invitation: a mail to the owner of an account that somebody else made, who begins it.
//   - Client: another service, with a credential of its own, that may ask about tokens.
//   - Idempotency key: what a client names a request by that it may repeat; it is done once.
//   - Letter: the words of a mail in one language.
//   - Event: something that happened, written in the transaction that made it so.
//   - Fault: an error that a caller may be told.
//   - Subject (of a limit): whose budget a request draws on: an address, an account, a session.
package core
