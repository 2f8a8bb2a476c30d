package token_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/token"
)

// universe is a session, the database that keeps it and three who hold copies
// of its tokens, at one moment of one history.
type universe struct {
	session   session.Session
	lost      *session.Session // what the database goes back to when its last write is lost
	now       time.Time
	held      [3]int // the newest generation that each of them was ever given
	suspended bool
	stepped   bool // the clock was set back once
}

// holders are who may prove which key: the first two have one each, and may
// leave it out; the third has none.
var holders = [3][]string{{"", "her key"}, {"", "his key"}, {""}}

const tick = grace / 2

// shape is what a universe has in common with all others that go on alike:
// whatever the rule asks of generations and instants, it asks of differences.
type shape struct {
	held               [3]int
	age, left          int
	bound              string
	since              int
	ended              bool
	suspended, stepped bool
	before             struct {
		there     bool
		behind    int
		age, left int
		bound     string
		since     int
		ended     bool
	}
}

// far is when a difference no longer matters, however the clock is set.
const far = 4

func near(n int) int { return max(-far, min(n, far)) }

func ticks(d time.Duration) int { return near(int(d / tick)) }

func (u universe) shape() shape {
	s := shape{suspended: u.suspended, stepped: u.stepped}
	generation := int(u.session.Rotation.Generation)
	for i, newest := range u.held {
		s.held[i] = near(generation - newest)
	}
	s.age, s.left = ticks(u.now.Sub(u.session.Rotation.RotatedAt)), ticks(u.session.ExpiresAt.Sub(u.now))
	s.bound, s.since, s.ended = u.session.KeyThumbprint, near(generation-int(u.session.BoundGeneration)), u.session.EndedAt != nil
	if b := u.lost; b != nil {
		s.before.there, s.before.ended, s.before.bound = true, b.EndedAt != nil, b.KeyThumbprint
		s.before.behind = near(generation - int(b.Rotation.Generation))
		s.before.age, s.before.left = ticks(u.now.Sub(b.Rotation.RotatedAt)), ticks(b.ExpiresAt.Sub(u.now))
		s.before.since = near(int(b.Rotation.Generation) - int(b.BoundGeneration))
	}
	return s
}

// explorer presents everything that can be presented.
type explorer struct {
	t      *testing.T
	ring   *token.Keyring
	chain  []token.Refresh
	counts map[token.Verdict]int
}

func (e *explorer) token(generation int) token.Refresh {
	for len(e.chain) <= generation {
		e.chain = append(e.chain, e.ring.Next(e.chain[len(e.chain)-1]))
	}
	return e.chain[generation]
}

// expected is the promise, written down once more in other words.
func expected(u universe, generation int, key string) token.Verdict {
	s := u.session
	behind := int(s.Rotation.Generation) - generation
	inGrace := u.now.Before(s.Rotation.RotatedAt.Add(grace))
	theirs := s.KeyThumbprint == "" || s.KeyThumbprint == key
	bearers := s.KeyThumbprint != "" && generation < int(s.BoundGeneration)
	switch {
	case s.EndedAt != nil, u.suspended, !u.now.Before(s.ExpiresAt):
		return token.Refuse
	case !theirs && !bearers:
		return token.Refuse // a copy without the key does nothing
	case !theirs && behind == 1 && inGrace:
		return token.Refuse // sent at the same time as what bound the session
	case !theirs:
		return token.Reused
	case behind == 0:
		return token.Rotate
	case behind == 1 && (inGrace || s.KeyThumbprint != ""):
		return token.Repeat
	case behind > 0:
		return token.Reused
	}
	return token.Lost
}

// present gives what a history goes on with: the answer arrives, or is lost on
// the way, as when the instance dies between its commit and its answer.
func (e *explorer) present(u universe, who, generation int, key string) []universe {
	presented := e.token(generation)
	p := e.ring.Present(presented)
	p.KeyThumbprint = key
	verdict := token.Judge(p, u.session, !u.suspended, u.now, life, grace)
	e.counts[verdict]++
	if want := expected(u, generation, key); verdict != want {
		e.t.Fatalf("generation %d by %q is judged %s and not %s:\n%+v", generation, key, verdict, want, u)
	}
	next := u
	switch verdict {
	case token.Rotate:
		before := u.session
		next.lost = &before
		next.session = token.Advance(u.session, p, life, u.now)
	case token.Reused, token.Lost:
		before, at := u.session, u.now
		next.lost = &before
		next.session.EndedAt = &at
		next.session.EndReason, _ = verdict.EndReason()
		return []universe{next}
	case token.Refuse:
		return nil
	case token.Repeat:
	}
	successor := e.ring.Next(presented)
	if successor.Hash() != next.session.Rotation.SecretHash {
		e.t.Fatalf("what is handed out is not what is stored: there are two chains:\n%+v", next)
	}
	answered := next
	answered.held[who] = max(answered.held[who], generation+1)
	return []universe{next, answered}
}

// step gives every universe that may follow.
func (e *explorer) step(u universe) []universe {
	var all []universe
	generation := int(u.session.Rotation.Generation)
	for who, keys := range holders {
		// They may present whatever they were given, and all that is much older
		// is alike.
		for g := max(0, min(u.held[who], generation)-3); g <= u.held[who]; g++ {
			for _, key := range keys {
				all = append(all, e.present(u, who, g, key)...)
			}
		}
	}
	change := func(do func(*universe)) {
		next := u
		do(&next)
		all = append(all, next)
	}
	change(func(n *universe) { n.now = n.now.Add(tick) })
	change(func(n *universe) { n.now = n.session.ExpiresAt })
	change(func(n *universe) { n.suspended = !n.suspended })
	if !u.stepped {
		change(func(n *universe) { n.now, n.stepped = n.now.Add(-tick), true })
	}
	if u.session.EndedAt == nil {
		change(func(n *universe) {
			before, at := n.session, n.now
			n.lost = &before
			n.session.EndedAt, n.session.EndReason = &at, session.Revoked
		})
	}
	if u.lost != nil {
		// A standby takes over that lacks the last write.
		change(func(n *universe) { n.session, n.lost = *n.lost, nil })
	}
	return all
}

// Every history of any length, of three who begin with copies of one token and
// present what they were ever given, with the key they have or without; in
// which answers are lost, time passes, the clock is set back once, the session
// expires, is revoked and its user suspended and let in again, and the database
// loses its last write in a failover. Histories that go on alike are followed
// once, until nothing new comes of any.
func TestEveryHistory(t *testing.T) {
	for name, thumbprint := range map[string]string{"of a session that is bound to nothing": "", "of a session that is bound from the start": "her key"} {
		t.Run(name, func(t *testing.T) {
			k := ring(t, newKey)
			e := &explorer{t: t, ring: k, chain: []token.Refresh{k.First(session.ID{1}, [32]byte{2})}, counts: map[token.Verdict]int{}}
			opened := session.New(session.Opening{ID: session.ID{1}, SecretHash: e.chain[0].Hash(), KeyThumbprint: thumbprint}, life, now)
			states, steps, depth := e.explore(universe{session: opened, now: now})
			t.Logf("%d states, %d steps between them, nothing new after %d steps in a row; verdicts %v", states, steps, depth, e.counts)
			require.Greater(t, states, 1000)
			for _, v := range []token.Verdict{token.Refuse, token.Rotate, token.Repeat, token.Reused, token.Lost} {
				require.Positive(t, e.counts[v], v)
			}
		})
	}
}

// explore follows every history from a beginning on, breadth first, and gives
// the number of shapes it met, of steps between them, and how many steps in a
// row lead to the farthest.
func (e *explorer) explore(start universe) (states, steps, depth int) {
	seen := map[shape]bool{start.shape(): true}
	for frontier := []universe{start}; len(frontier) > 0; depth++ {
		var next []universe
		for _, u := range frontier {
			for _, v := range e.step(u) {
				steps++
				if s := v.shape(); !seen[s] {
					seen[s] = true
					next = append(next, v)
				}
			}
		}
		frontier = next
	}
	return len(seen), steps, depth - 1
}
