package token

import (
	"fmt"
	"time"

	"github.com/plinto/plinto/core/session"
)

// Verdict is what becomes of a refresh token that is presented.
type Verdict int

// The verdicts.
const (
	// Refuse changes nothing: the session is unknown, over, or bound to another
	// key, or its user may not act.
	Refuse Verdict = iota
	// Rotate moves the session on to the token's successor.
	Rotate
	// Repeat hands out the successor again: the answer that carried it may
	// have been lost.
	Repeat
	// Reused ends the session: somebody else moved it on.
	Reused
	// Lost ends the session: the token is newer than the state, so storage
	// has lost a write and can no longer tell one holder from two.
	Lost
)

// String names the verdict.
func (v Verdict) String() string {
	switch v {
	case Refuse:
		return "refuse"
	case Rotate:
		return "rotate"
	case Repeat:
		return "repeat"
	case Reused:
		return "reused"
	case Lost:
		return "lost"
	}
	return fmt.Sprintf("verdict %d", int(v))
}

// Presented is what Judge needs to know of a token.
type Presented struct {
	Generation uint32
	Hash       [32]byte // of its secret
	NextHash   [32]byte // of its successor's
	// KeyThumbprint is of the key that the presenter has proved to hold; empty
	// when none was proved. Whoever opens the token fills it in.
	KeyThumbprint string
}

// Present opens up a parsed token for Judge.
func (k *Keyring) Present(r Refresh) Presented {
	return Presented{Generation: r.Generation, Hash: r.Hash(), NextHash: k.Next(r).Hash()}
}

// Judge decides what becomes of a genuine refresh token, given the session as
// it is stored, whether its user may act, the present, how long sessions last
// and how long the last token may be repeated. Instants are the application's,
// never storage's.
//
// When the session is bound to a key, whoever has not proved to hold it has a
// copied token at most. That is refused and changes nothing, whatever the token:
// a thief must not even be able to end the session. But a token from before the
// session was bound was a bearer's, and who bound it may have been the thief: when
// it comes back without the key, beyond the grace, two have held it. And since the last token in
// the hands of the key's holder is no copy, it may be repeated at any time.
func Judge(p Presented, s session.Session, userMayAct bool, now time.Time, life session.Lifetime, grace time.Duration) Verdict {
	at := s.Rotation
	switch {
	case !s.Live(now, life) || !userMayAct:
		return Refuse
	case s.KeyThumbprint != "" && p.KeyThumbprint != s.KeyThumbprint:
		if p.Generation >= s.BoundGeneration || p.Generation+1 == s.BoundGeneration && p.Generation+1 == at.Generation && now.Before(at.RotatedAt.Add(grace)) {
			return Refuse
		}
		return Reused
	case p.Hash == at.SecretHash && p.Generation == at.Generation:
		return Rotate
	case p.NextHash == at.SecretHash && p.Generation+1 == at.Generation:
		if s.KeyThumbprint != "" || now.Before(at.RotatedAt.Add(grace)) {
			return Repeat
		}
		return Reused
	case p.Generation < at.Generation:
		return Reused
	case p.Generation > at.Generation:
		return Lost
	}
	// The same generation with another secret: there is one secret a
	// generation, so this is not ours, tag or no tag.
	return Refuse
}

// Advance is the session after Rotate, which binds one that is bound to no key
// to the presenter's, if there is one.
func Advance(s session.Session, p Presented, life session.Lifetime, now time.Time) session.Session {
	s.Rotation = session.Rotation{SecretHash: p.NextHash, Generation: s.Rotation.Generation + 1, RotatedAt: now}
	s.LastActivityAt = now
	s.ExpiresAt = life.Expiry(now, s.EndsAt)
	if s.KeyThumbprint == "" && p.KeyThumbprint != "" {
		s.KeyThumbprint, s.BoundGeneration = p.KeyThumbprint, s.Rotation.Generation
	}
	return s
}

// EndReason is why a verdict ends the session; false when it does not.
func (v Verdict) EndReason() (session.EndReason, bool) {
	//exhaustive:enforce
	switch v {
	case Reused:
		return session.ReuseDetected, true
	case Lost:
		return session.StateLost, true
	case Refuse, Rotate, Repeat:
	}
	return "", false
}
