package app_test

import (
	"context"
	"database/sql"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/aesgcm"
	"github.com/plinto/plinto/adapters/hashing"
	"github.com/plinto/plinto/adapters/idna"
	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/adapters/memory"
	"github.com/plinto/plinto/adapters/useragent"
	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

// world is the use cases on a database of their own, at a time that stands still.
type world struct {
	inbound.Services
	t      *testing.T
	path   string // of the database
	clock  *porttest.Clock
	store  *countingStore
	hasher *countingHasher
	world  outbound.World
	policy app.Policy
}

const password = "correct horse battery staple"

func newWorld(t *testing.T, change ...func(*outbound.World, *app.Policy)) *world {
	t.Helper()
	store, path := newDatabase(t)
	sealer, err := aesgcm.New([]byte("a key to seal other keys with"))
	require.NoError(t, err)

	hasher, err := hashing.New(hashing.Options{Cost: 4, Queue: 8, Timeout: time.Minute})
	require.NoError(t, err)

	clock := porttest.NewClock()
	w := &world{
		t: t, clock: clock, path: path,
		store:  &countingStore{Store: store},
		hasher: &countingHasher{Hasher: hasher},
	}
	w.world = outbound.World{
		Store: w.store, Limiter: memory.NewLimiter(clock), Signer: jwks.New(jwks.Options{}), Proofs: jwks.Proofs{}, Sealer: sealer, Hasher: w.hasher,
		Devices: useragent.Devices{}, Domains: idna.New(), Clock: clock, Random: &porttest.Random{}, Identifiers: &porttest.Identifiers{},
	}
	w.policy = app.Policy{
		Tenant: tenant.Default, Product: "plinto", SignUps: true, Passwords: credential.Policy{MinLength: 12},
		Sessions: session.Lifetime{Sliding: 7 * 24 * time.Hour, Absolute: 30 * 24 * time.Hour}, RefreshGrace: 10 * time.Second,
		StepUp:          session.StepUp(10 * time.Minute),
		Proofs:          app.Proofs{MaxAge: time.Minute, Leeway: 5 * time.Second},
		Access:          token.Issuing{Issuer: "https://auth.example.com", Audience: []string{"api"}, Lifetime: 15 * time.Minute},
		ApplicationKeys: [][]byte{[]byte("the key of this application")},
		Algorithm:       token.EdDSA, KeyLead: 10 * time.Minute, KeyMaxAge: 5 * time.Minute,
	}
	for _, c := range change {
		c(&w.world, &w.policy)
	}
	w.Services, err = app.New(w.world, w.policy)
	require.NoError(t, err)
	require.NoError(t, w.Keys.Load(t.Context()))
	require.NoError(t, w.Revocations.Load(t.Context()))
	return w
}

// instance is another instance on the same world, with a signer of its own.
func (w *world) instance(change ...func(*outbound.World, *app.Policy)) inbound.Services {
	w.t.Helper()
	other, policy := w.world, w.policy
	other.Signer = jwks.New(jwks.Options{})
	for _, c := range change {
		c(&other, &policy)
	}
	services, err := app.New(other, policy)
	require.NoError(w.t, err)
	return services
}

func (w *world) caller() inbound.Caller {
	return inbound.Caller{
		Tenant: tenant.Default, RequestID: "request-1", Address: "192.0.2.7",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}
}

func (w *world) signUp(email string) inbound.SignedIn {
	w.t.Helper()
	in, err := w.Accounts.SignUp(w.t.Context(), w.caller(), inbound.SignUp{Email: email, Password: credential.NewPassword(password)})
	require.NoError(w.t, err)
	return in
}

func (w *world) signIn(email string) inbound.SignedIn {
	w.t.Helper()
	in, err := w.Accounts.SignIn(w.t.Context(), w.caller(), inbound.SignIn{Email: email, Password: credential.NewPassword(password)})
	require.NoError(w.t, err)
	return in
}

func (w *world) principal(in inbound.SignedIn) inbound.Principal {
	w.t.Helper()
	p, err := w.Tokens.Authenticate(w.t.Context(), w.caller(), in.Tokens.Access)
	require.NoError(w.t, err)
	return p
}

func (w *world) stored(id session.ID) session.Session {
	w.t.Helper()
	s, err := w.store.Store.Sessions().ByID(w.t.Context(), tenant.Default, id)
	require.NoError(w.t, err)
	return s
}

// happened gives the names of all events, and the last of them.
func (w *world) happened() (string, event.Recorded) {
	w.t.Helper()
	list, err := w.Events.Latest(w.t.Context(), 1000)
	require.NoError(w.t, err)
	var names []string
	for _, e := range list {
		names = append(names, string(e.Name))
	}
	return strings.Join(names, " "), list[len(list)-1]
}

// exec changes the database behind the use cases' back.
func (w *world) exec(text string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.path+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	require.NoError(w.t, err)
	_, err = db.ExecContext(w.t.Context(), text)
	require.NoError(w.t, err)
	require.NoError(w.t, db.Close())
}

// count asks the database for a number.
func (w *world) count(query string) (n int) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.path)
	require.NoError(w.t, err)
	require.NoError(w.t, db.QueryRowContext(w.t.Context(), query).Scan(&n))
	require.NoError(w.t, db.Close())
	return n
}

// owing is how many mails of a kind are owed.
func (w *world) owing(kind string) int {
	w.t.Helper()
	return w.count("SELECT count(*) FROM mails WHERE kind = '" + kind + "'")
}

func limits(_ *outbound.World, p *app.Policy) {
	p.Limits = guard.Rules{
		Address:        []limit.Rule{{Name: "address", Quota: 60, Window: time.Minute}},
		SignUp:         []limit.Rule{{Name: "signup", Quota: 3, Window: time.Minute}},
		SignInAddress:  []limit.Rule{{Name: "signin-address", Quota: 10, Window: 5 * time.Minute}},
		SignInAccount:  []limit.Rule{{Name: "signin-account", Quota: 5, Window: time.Minute}},
		RefreshSession: []limit.Rule{{Name: "refresh-session", Quota: 4, Window: time.Minute}},
	}
}

// countingHasher counts what passwords were compared with.
type countingHasher struct {
	outbound.Hasher
	verified atomic.Int32
	during   func()       // what happens while a password is verified
	hashing  func() error // what happens before one is hashed, when not nil
	refuse   error        // what verifying answers, if anything
}

func (h *countingHasher) Hash(ctx context.Context, p credential.Password) (string, error) {
	if h.hashing != nil {
		if err := h.hashing(); err != nil {
			return "", err
		}
	}
	return h.Hasher.Hash(ctx, p)
}

func (h *countingHasher) Verify(ctx context.Context, p credential.Password, hash string) (bool, error) {
	h.verified.Add(1)
	if h.during != nil {
		h.during()
	}
	if h.refuse != nil {
		return false, h.refuse
	}
	return h.Hasher.Verify(ctx, p, hash)
}

// countingStore counts how often the store is asked, and can be away.
type countingStore struct {
	outbound.Store
	asked  atomic.Int32
	away   atomic.Bool
	refuse error // what a transaction answers, if anything
	// beforeKeys is what happens before the keys are read.
	beforeKeys func()
	// duringFeed is what happens while the feed is read.
	duringFeed func()
	feed       outbound.Feed // instead of the store's, when not nil
}

func (s *countingStore) ask() outbound.Repositories {
	s.asked.Add(1)
	if s.away.Load() {
		return absent{}
	}
	return s.Store
}

func (s *countingStore) Users() outbound.Users       { return s.ask().Users() }
func (s *countingStore) Sessions() outbound.Sessions { return s.ask().Sessions() }
func (s *countingStore) SigningKeys() outbound.SigningKeys {
	if s.beforeKeys != nil {
		s.beforeKeys()
	}
	return s.ask().SigningKeys()
}
func (s *countingStore) UsedProofs() outbound.UsedProofs     { return s.ask().UsedProofs() }
func (s *countingStore) Events() outbound.Events             { return s.ask().Events() }
func (s *countingStore) Leases() outbound.Leases             { return s.ask().Leases() }
func (s *countingStore) Activity() outbound.Activity         { return s.ask().Activity() }
func (s *countingStore) Clients() outbound.Clients           { return s.ask().Clients() }
func (s *countingStore) Outbox() outbound.Outbox             { return s.ask().Outbox() }
func (s *countingStore) MailedTokens() outbound.MailedTokens { return s.ask().MailedTokens() }
func (s *countingStore) Mailboxes() outbound.Mailboxes       { return s.ask().Mailboxes() }
func (s *countingStore) Guesses() outbound.Guesses           { return s.ask().Guesses() }

func (s *countingStore) Feed() outbound.Feed {
	s.asked.Add(1)
	if s.away.Load() {
		return absentFeed{}
	}
	if s.duringFeed != nil {
		s.duringFeed()
	}
	if s.feed != nil {
		return s.feed
	}
	return s.Store.Feed()
}

func (s *countingStore) SharedFeed() outbound.Feed { return s.Feed() }

func (s *countingStore) Atomically(ctx context.Context, fn func(context.Context, outbound.Repositories) error) error {
	s.asked.Add(1)
	if s.away.Load() {
		return outbound.ErrUnavailable
	}
	if s.refuse != nil {
		return s.refuse
	}
	return s.Store.Atomically(ctx, fn)
}

func (s *countingStore) Health(ctx context.Context) outbound.StoreHealth {
	if s.away.Load() {
		return outbound.StoreHealth{Engine: "sqlite", Err: outbound.ErrUnavailable}
	}
	return s.Store.Health(ctx)
}

// events gives everything that happened, in order.
func (w *world) events() []event.Recorded {
	w.t.Helper()
	list, err := w.Events.Latest(w.t.Context(), 1000)
	require.NoError(w.t, err)
	return list
}

// column reads one text from each row, behind the use cases' back.
func (w *world) column(query string) []string {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.path+"?_pragma=busy_timeout(5000)")
	require.NoError(w.t, err)
	rows, err := db.QueryContext(w.t.Context(), query)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, rows.Close()) }()
	var out []string
	for rows.Next() {
		var text string
		require.NoError(w.t, rows.Scan(&text))
		out = append(out, text)
	}
	require.NoError(w.t, rows.Err())
	require.NoError(w.t, db.Close())
	return out
}
