package main_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/token"
)

// act is what somebody does about a session.
type act string

const (
	present act = "present" // a refresh token
	signOut act = "sign out"
	revoke  act = "revoke"  // from another session of the user
	barred  act = "barred"  // its access token was refused
	look    act = "look at" // its row
)

// never is later than any test runs.
const never = time.Duration(math.MaxInt64 / 4)

// strange is the generation of what is not on the session's chain.
const strange = -1

// asked is one operation as its client begins it.
type asked struct {
	act        act
	session    session.ID
	generation int           // of the token that is presented
	from       time.Duration // the service's clock shows at least this
}

// told is how one operation ended.
type told struct {
	outcome    outcome
	generation int               // of the token that was handed out, or that the row is at
	reason     session.EndReason // that the row tells
	to         time.Duration     // the service's clock has shown at most this
}

type outcome string

const (
	granted outcome = "granted"
	refused outcome = "refused"
	unread  outcome = "unread"  // over, but its client does not know how
	pending outcome = "pending" // nobody knows whether it ever takes place
)

// stage is a session in the model.
type stage struct {
	generation int
	reason     session.EndReason // empty while it lives
	from, to   time.Duration     // it was last rotated between these two
}

func (s stage) ended(reason session.EndReason) stage {
	s.reason = reason
	return s
}

// after gives every stage that an operation may leave behind, with what its
// client is then told. The ends of the grace are not sharp: all that a client
// knows of the service's clock is that it did not stand before the call and
// not behind the answer.
func after(s stage, in asked, out told, grace time.Duration) map[stage]outcome {
	switch {
	case in.act == look:
		if out.generation == s.generation && out.reason == s.reason {
			return map[stage]outcome{s: granted}
		}
		return nil
	case s.reason != "":
		return map[stage]outcome{s: refused}
	case in.act == barred:
		return nil
	case in.act == signOut:
		return map[stage]outcome{s.ended(session.SignedOut): granted}
	case in.act == revoke:
		return map[stage]outcome{s.ended(session.Revoked): granted}
	case in.generation == s.generation:
		return map[stage]outcome{{generation: s.generation + 1, from: in.from, to: out.to}: granted}
	case in.generation > s.generation:
		return map[stage]outcome{s.ended(session.StateLost): refused}
	}
	next := map[stage]outcome{}
	early, late := in.from < s.to+grace, out.to >= s.from+grace
	if in.generation+1 == s.generation && early {
		next[s] = granted
	}
	if in.generation+1 < s.generation || late {
		next[s.ended(session.ReuseDetected)] = refused
	}
	return next
}

// sequential is the rule of rotation, one operation at a time, on each session
// by itself: what happens to one is nothing to another.
func sequential(grace time.Duration) porcupine.Model {
	model := porcupine.NondeterministicModel{
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			bySession := map[session.ID][]porcupine.Operation{}
			for _, o := range all {
				id := o.Input.(asked).session
				bySession[id] = append(bySession[id], o)
			}
			var parts [][]porcupine.Operation
			for _, part := range bySession {
				parts = append(parts, part)
			}
			return parts
		},
		Init: func() []any { return []any{stage{}} },
		Step: func(state, input, output any) []any {
			in, out := input.(asked), output.(told)
			var next []any
			for s, o := range after(state.(stage), in, out, grace) {
				handsOut := in.act == present && o == granted
				switch {
				case out.outcome == unread || out.outcome == pending:
				case out.outcome != o, handsOut && out.generation != in.generation+1:
					continue
				}
				next = append(next, s)
			}
			return next
		},
	}
	return model.ToModel()
}

// history collects what clients do, and what they are told.
type history struct {
	now        func() time.Duration // what the service's clock shows
	order      atomic.Int64
	mu         sync.Mutex
	operations []porcupine.Operation
}

// record notes an operation. Do may answer that nothing was begun.
func (h *history) record(in asked, do func() (out told, begun bool)) (told, bool) {
	in.from = h.now()
	call := h.order.Add(1)
	out, begun := do()
	end := h.order.Add(1)
	if out.to = h.now(); out.outcome == pending {
		out.to, end = never, math.MaxInt64
	}
	if begun {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.operations = append(h.operations, porcupine.Operation{ClientId: len(h.operations), Input: in, Call: call, Output: out, Return: end})
	}
	return out, begun
}

// check looks for an order of the operations, within the time that each took,
// in which the rule explains every answer.
func (h *history) check(t *testing.T, grace time.Duration) porcupine.CheckResult {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	return porcupine.CheckOperationsTimeout(sequential(grace), h.operations, time.Minute)
}

// requireExplained fails the test unless the rule explains the history; it
// shows the sessions that it does not explain.
func (h *history) requireExplained(t *testing.T, grace time.Duration) {
	t.Helper()
	if h.check(t, grace) == porcupine.Ok {
		return
	}
	model := sequential(grace)
	for _, part := range model.Partition(h.operations) {
		if result := porcupine.CheckOperationsTimeout(model, part, time.Minute); result != porcupine.Ok {
			t.Errorf("%s: %s", result, describe(part))
		}
	}
	require.False(t, t.Failed())
}

func describe(part []porcupine.Operation) string {
	var b strings.Builder
	slices.SortFunc(part, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	for _, o := range part {
		in, out := o.Input.(asked), o.Output.(told)
		fmt.Fprintf(&b, "\n%6d to %6d  %v to %v  %s %d: %s %d %s", o.Call, o.Return, in.from, out.to, in.act, in.generation, out.outcome, out.generation, out.reason)
	}
	return b.String()
}

// chain is all refresh tokens that a session can come to have.
type chain struct {
	session session.ID
	texts   []string
	hashes  [][32]byte
}

func newChain(t *testing.T, keys *token.Keyring, first string, length int) chain {
	t.Helper()
	r, err := keys.Parse(first)
	require.NoError(t, err)
	require.Zero(t, r.Generation)
	c := chain{session: r.Session}
	for range length {
		c.texts, c.hashes = append(c.texts, keys.Encode(r)), append(c.hashes, r.Hash())
		r = keys.Next(r)
	}
	return c
}

// handedOut is the answer that carries a refresh token.
func (c chain) handedOut(text string) told {
	return told{outcome: granted, generation: slices.Index(c.texts, text)}
}

// row is what a session's row tells.
func (c chain) row(s session.Session) told {
	at := slices.Index(c.hashes, s.Rotation.SecretHash)
	if at != int(s.Rotation.Generation) {
		at = strange
	}
	return told{outcome: granted, generation: at, reason: s.EndReason}
}
