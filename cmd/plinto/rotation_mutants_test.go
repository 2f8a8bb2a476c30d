package main_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/aesgcm"
	"github.com/plinto/plinto/adapters/hashing"
	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/adapters/memory"
	"github.com/plinto/plinto/adapters/useragent"
	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

const mutantGrace = 10 * time.Second

// house is the use cases, right or wrong in one way, on a database of their
// own and at a time that stands still. Everything done in it is recorded.
type house struct {
	t         *testing.T
	store     outbound.Store
	write     writing
	clock     *porttest.Clock
	world     outbound.World
	policy    app.Policy
	keys      *token.Keyring
	wrong     *mutant // nil when the house is in order
	services  inbound.Services
	meanwhile func() // runs once, in the middle of the next rotation
	history
}

// mutant is one way in which rotation can be wrong, and the story that shows it.
type mutant struct {
	name     string
	sessions func(h *house, right outbound.Sessions) outbound.Sessions
	commits  func(ctx context.Context, right outbound.Store, fn func(context.Context, outbound.Repositories) error) error
	policy   func(p *app.Policy)
	story    func(h *house)
}

// Every way to be wrong is found by the same check that the histories of the
// running program are held to; and the same story, told where nothing is wrong,
// passes it.
func TestTheHistoryCheckFindsEveryMutant(t *testing.T) {
	for engine, ground := range grounds {
		for _, m := range mutants {
			t.Run(m.name+" on "+engine, func(t *testing.T) {
				right := newHouse(t, ground, nil)
				m.story(right)
				right.requireExplained(t, mutantGrace)

				wrong := newHouse(t, ground, &m)
				m.story(wrong)
				require.Equal(t, porcupine.Illegal, wrong.check(t, mutantGrace), describe(wrong.operations))
			})
		}
	}
}

var mutants = []mutant{
	{
		name: "grace by time alone", // any token of the session will do, as long as the last rotation is young
		sessions: func(_ *house, right outbound.Sessions) outbound.Sessions {
			return &timeAlone{Sessions: right}
		},
		story: func(h *house) {
			c := h.signUp()
			h.present(c, 0)
			h.present(c, 1)
			h.present(c, 0)
		},
	},
	{
		name:    "rollback on reuse", // the refusal takes back the end of the session
		commits: rollBackReuse,
		story: func(h *house) {
			c := h.signUp()
			h.present(c, 0)
			h.clock.Advance(mutantGrace)
			h.present(c, 0)
			h.present(c, 1)
		},
	},
	{
		name: "read-then-write", // the row is compared in one statement and written in another
		sessions: func(h *house, right outbound.Sessions) outbound.Sessions {
			return readThenWrite{right, h}
		},
		story: func(h *house) {
			c := h.signUp()
			h.meanwhile = func() {
				h.present(c, 0)
				h.present(c, 1)
			}
			h.present(c, 0)
			h.present(c, 2)
			h.look(c)
		},
	},
	{
		name: "family = user", // reuse in one session ends the user's others
		sessions: func(_ *house, right outbound.Sessions) outbound.Sessions {
			return familyIsUser{right}
		},
		story: func(h *house) {
			c, other := h.signUp(), h.signIn()
			h.present(c, 0)
			h.clock.Advance(mutantGrace)
			h.present(c, 0)
			h.present(other, 0)
		},
	},
	{
		name: "state in memory only", // a rotation is known to the instance that made it
		sessions: func(_ *house, right outbound.Sessions) outbound.Sessions {
			return &memoryOnly{Sessions: right, at: map[session.ID]session.Rotation{}}
		},
		story: func(h *house) {
			c := h.signUp()
			h.present(c, 0)
			h.restart()
			h.present(c, 1)
		},
	},
	{
		name:   "grace without end",
		policy: func(p *app.Policy) { p.RefreshGrace = time.Hour },
		story: func(h *house) {
			c := h.signUp()
			h.present(c, 0)
			h.clock.Advance(mutantGrace)
			h.present(c, 0)
		},
	},
	{
		name:   "no grace",
		policy: func(p *app.Policy) { p.RefreshGrace = 0 },
		story: func(h *house) {
			c := h.signUp()
			h.present(c, 0)
			h.clock.Advance(mutantGrace - time.Microsecond)
			h.present(c, 0)
		},
	},
}

// timeAlone takes every older token for the last one.
type timeAlone struct {
	outbound.Sessions
	stale outbound.Rotation
}

func (s *timeAlone) Rotate(ctx context.Context, r outbound.Rotation) (session.Session, error) {
	s.stale = r
	return s.Sessions.Rotate(ctx, r)
}

func (s *timeAlone) WithUser(ctx context.Context, t tenant.ID, id session.ID) (session.Session, user.User, error) {
	found, owner, err := s.Sessions.WithUser(ctx, t, id)
	if p := s.stale.Presented; s.stale.Session == id && p.Generation < found.Rotation.Generation {
		found.Rotation.SecretHash, found.Rotation.Generation = p.NextHash, p.Generation+1
	}
	return found, owner, err
}

// rollBackReuse takes a refusal for a reason to roll back.
func rollBackReuse(ctx context.Context, right outbound.Store, fn func(context.Context, outbound.Repositories) error) error {
	refused := errors.New("refused")
	err := right.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		var reuse bool
		if err := fn(ctx, within{tx, noticing{tx.Sessions(), &reuse}}); err != nil || !reuse {
			return err
		}
		return refused
	})
	if errors.Is(err, refused) {
		return nil
	}
	return err
}

type noticing struct {
	outbound.Sessions
	reuse *bool
}

func (n noticing) End(ctx context.Context, e outbound.Ending) error {
	*n.reuse = e.Reason == session.ReuseDetected
	return n.Sessions.End(ctx, e)
}

// readThenWrite writes what it has made of what it has read.
type readThenWrite struct {
	outbound.Sessions
	house *house
}

func (s readThenWrite) Rotate(ctx context.Context, r outbound.Rotation) (session.Session, error) {
	read, err := s.ByID(ctx, r.Tenant, r.Session)
	if err != nil || !read.Live(r.Now, r.Lifetime) || read.Rotation.SecretHash != r.Presented.Hash {
		return session.Session{}, errors.Join(outbound.ErrStale, err)
	}
	s.house.between()
	moved := token.Advance(read, r.Presented, r.Lifetime, r.Now)
	s.house.write(moved)
	return moved, nil
}

// familyIsUser ends all sessions of whose token was reused.
type familyIsUser struct{ outbound.Sessions }

func (s familyIsUser) End(ctx context.Context, e outbound.Ending) error {
	err := s.Sessions.End(ctx, e)
	if err == nil && e.Reason == session.ReuseDetected {
		_, err = s.EndOthers(ctx, outbound.EndingOthers{Tenant: e.Tenant, Owner: e.Owner, Keep: e.Session, Reason: e.Reason, At: e.At})
	}
	return err
}

// memoryOnly compares and sets, and tells nobody.
type memoryOnly struct {
	outbound.Sessions
	mu sync.Mutex
	at map[session.ID]session.Rotation
}

func (s *memoryOnly) Rotate(ctx context.Context, r outbound.Rotation) (session.Session, error) {
	found, _, err := s.WithUser(ctx, r.Tenant, r.Session)
	if err != nil || !found.Live(r.Now, r.Lifetime) || found.Rotation.SecretHash != r.Presented.Hash {
		return session.Session{}, errors.Join(outbound.ErrStale, err)
	}
	moved := token.Advance(found, r.Presented, r.Lifetime, r.Now)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at[r.Session] = moved.Rotation
	return moved, nil
}

func (s *memoryOnly) WithUser(ctx context.Context, t tenant.ID, id session.ID) (session.Session, user.User, error) {
	found, owner, err := s.Sessions.WithUser(ctx, t, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, known := s.at[id]; known {
		found.Rotation = at
	}
	return found, owner, err
}

// midway stops a right rotation where a wrong one would be between its two
// statements.
type midway struct {
	outbound.Sessions
	house *house
}

func (s midway) Rotate(ctx context.Context, r outbound.Rotation) (session.Session, error) {
	s.house.between()
	return s.Sessions.Rotate(ctx, r)
}

// variant is a store with other sessions and another idea of a commit.
type variant struct {
	outbound.Store
	sessions outbound.Sessions
	commits  func(context.Context, outbound.Store, func(context.Context, outbound.Repositories) error) error
	within   func(outbound.Sessions) outbound.Sessions
}

func (v variant) Sessions() outbound.Sessions { return v.sessions }

func (v variant) Atomically(ctx context.Context, fn func(context.Context, outbound.Repositories) error) error {
	return v.commits(ctx, v.Store, func(ctx context.Context, tx outbound.Repositories) error {
		return fn(ctx, within{tx, v.within(tx.Sessions())})
	})
}

type within struct {
	outbound.Repositories
	sessions outbound.Sessions
}

func (w within) Sessions() outbound.Sessions { return w.sessions }

func newHouse(t *testing.T, ground func(t *testing.T) (outbound.Store, writing), wrong *mutant) *house {
	t.Helper()
	h := &house{t: t, clock: porttest.NewClock(), wrong: wrong}
	began := h.clock.Now()
	h.now = func() time.Duration { return h.clock.Now().Sub(began) }
	h.store, h.write = ground(t)
	sealer, err := aesgcm.New([]byte("a key to seal other keys with"))
	require.NoError(t, err)
	hasher, err := hashing.New(hashing.Options{Cost: 4, Queue: 8, Timeout: time.Minute})
	require.NoError(t, err)
	key := []byte("the key of this application")
	h.keys, err = token.NewKeyring(key)
	require.NoError(t, err)
	h.world = outbound.World{
		Limiter: memory.NewLimiter(h.clock), Sealer: sealer, Hasher: hasher, Devices: useragent.Devices{},
		Clock: h.clock, Random: &porttest.Random{}, Identifiers: &porttest.Identifiers{},
	}
	h.policy = app.Policy{
		Tenant: tenant.Default, Product: "plinto", SignUps: true, Passwords: credential.Policy{MinLength: 12},
		Sessions: session.Lifetime{Sliding: 7 * 24 * time.Hour, Absolute: 30 * 24 * time.Hour}, RefreshGrace: mutantGrace,
		Access:          token.Issuing{Issuer: "https://auth.example.com", Audience: []string{"api"}, Lifetime: 15 * time.Minute},
		ApplicationKeys: [][]byte{key}, Algorithm: token.EdDSA, KeyLead: 10 * time.Minute, KeyMaxAge: 5 * time.Minute,
	}
	if wrong != nil && wrong.policy != nil {
		wrong.policy(&h.policy)
	}
	h.restart()
	return h
}

// restart makes the use cases anew: all that they keep is in the database.
func (h *house) restart() {
	h.t.Helper()
	v := variant{
		Store: h.store,
		commits: func(ctx context.Context, right outbound.Store, fn func(context.Context, outbound.Repositories) error) error {
			return right.Atomically(ctx, fn)
		},
		within: func(right outbound.Sessions) outbound.Sessions { return midway{right, h} },
	}
	if h.wrong != nil && h.wrong.sessions != nil {
		v.within = func(right outbound.Sessions) outbound.Sessions { return h.wrong.sessions(h, right) }
	}
	if h.wrong != nil && h.wrong.commits != nil {
		v.commits = h.wrong.commits
	}
	v.sessions = v.within(h.store.Sessions())
	world := h.world
	world.Store, world.Signer = v, jwks.New(jwks.Options{})
	services, err := app.New(world, h.policy)
	require.NoError(h.t, err)
	require.NoError(h.t, services.Keys.Load(h.t.Context()))
	h.services = services
}

func (h *house) between() {
	if meanwhile := h.meanwhile; meanwhile != nil {
		h.meanwhile = nil
		meanwhile()
	}
}

func (h *house) caller() inbound.Caller {
	return inbound.Caller{Tenant: tenant.Default, RequestID: "request-1", Address: "192.0.2.7"}
}

func (h *house) signUp() chain {
	h.t.Helper()
	in, err := h.services.Accounts.SignUp(h.t.Context(), h.caller(), inbound.SignUp{Email: "ann@example.com", Password: credential.NewPassword(password)})
	require.NoError(h.t, err)
	return newChain(h.t, h.keys, in.Tokens.Refresh, 8)
}

func (h *house) signIn() chain {
	h.t.Helper()
	in, err := h.services.Accounts.SignIn(h.t.Context(), h.caller(), inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
	require.NoError(h.t, err)
	return newChain(h.t, h.keys, in.Tokens.Refresh, 8)
}

// present presents a token of this generation.
func (h *house) present(c chain, generation int) {
	h.t.Helper()
	h.record(asked{act: present, session: c.session, generation: generation}, func() (told, bool) {
		pair, err := h.services.Tokens.Refresh(h.t.Context(), h.caller(), c.texts[generation])
		if err != nil {
			require.Equal(h.t, fault.InvalidRefreshToken, fault.CodeOf(err), err)
			return told{outcome: refused}, true
		}
		return c.handedOut(pair.Refresh), true
	})
}

func (h *house) look(c chain) {
	h.t.Helper()
	h.record(asked{act: look, session: c.session}, func() (told, bool) {
		s, err := h.store.Sessions().ByID(h.t.Context(), tenant.Default, c.session)
		require.NoError(h.t, err)
		return c.row(s), true
	})
}
