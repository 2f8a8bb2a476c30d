package mailing_test

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/postgres/postgrestest"
	"github.com/plinto/plinto/adapters/sqlite"
	"github.com/plinto/plinto/adapters/system"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

// onBothEngines runs a test on an office over each engine.
func onBothEngines(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "plinto.db"))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		_, err = s.Migrate(t.Context())
		require.NoError(t, err)
		test(t, newOffice(t, s))
	})
	t.Run("PostgreSQL", func(t *testing.T) { test(t, newOffice(t, postgrestest.Open(t))) })
}

// pace is quick where nothing but the test is waited for; leases run by the
// office's clock.
var pace = mailing.Pace{
	Poll: 2 * time.Millisecond, Senders: 4, Patience: time.Minute, Lease: 3 * time.Minute,
	Settling: 30 * time.Second, Farewell: time.Minute, Count: 5 * time.Millisecond,
}

// office is an outbox, the account of somebody to write to, and a mailer that a
// test tells what to do.
type office struct {
	t     *testing.T
	store *awayStore
	clock *porttest.Clock
	ann   user.User
	mails *mailer
	world outbound.World
}

func newOffice(t *testing.T, store outbound.Store) *office {
	t.Helper()
	o := &office{t: t, store: &awayStore{Store: store}, clock: porttest.NewClock(), mails: &mailer{}}
	o.world = outbound.World{
		Store: o.store, Clock: o.clock, Random: &porttest.Random{}, Identifiers: system.Identifiers{}, Mailer: o.mails, Letters: plainLetters{},
	}
	a := porttest.Account("Ann@example.com")
	locale, name := "pt-BR", "Ana"
	a.User.Profile.Locale, a.User.Profile.FirstName = &locale, &name
	require.NoError(t, store.Users().Register(t.Context(), a))
	o.ann = a.User
	return o
}

// instance is another instance, with a mailer and a pace of its own.
func (o *office) instance(m outbound.Mailer, change ...func(*mailing.Pace)) *mailing.Service {
	w := o.world
	w.Mailer = m
	p := pace
	for _, c := range change {
		c(&p)
	}
	return mailing.New(w, mailing.Policy{Tenant: tenant.Default, On: true, Pace: p}, mailing.Notices())
}

// run runs a service until it is stopped, or the test ends.
func (o *office) run(s *mailing.Service) (stop func() error) {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	o.t.Cleanup(func() { _ = stop() })
	return stop
}

// owe owes Ann a notice.
func (o *office) owe() mail.Mail {
	o.t.Helper()
	m := mail.Mail{
		Tenant: tenant.Default, ID: mail.ID(system.Identifiers{}.New()), Kind: mail.PasswordChanged, User: o.ann.ID,
		Details: map[string]string{mail.Address: "192.0.2.7"}, RequestID: "request-1", CreatedAt: o.clock.Now(),
	}
	require.NoError(o.t, o.store.Store.Outbox().Add(o.t.Context(), m))
	return m
}

func (o *office) eventually(what string, is func() bool) {
	o.t.Helper()
	require.Eventually(o.t, is, time.Minute, time.Millisecond, what)
}

// entry gives a mail as it is in the outbox.
func (o *office) entry(m mail.Mail) (e mail.Entry, there bool) {
	o.t.Helper()
	e, err := o.store.Store.Outbox().ByID(context.WithoutCancel(o.t.Context()), m.Tenant, m.ID)
	if err != nil {
		require.ErrorIs(o.t, err, outbound.ErrNotFound)
	}
	return e, err == nil
}

func (o *office) untilGone(m mail.Mail) {
	o.t.Helper()
	o.eventually("it is gone", func() bool {
		_, there := o.entry(m)
		return !there
	})
}

func (o *office) untilDead(m mail.Mail) (e mail.Entry) {
	o.t.Helper()
	o.eventually("it is given up", func() bool {
		e, _ = o.entry(m)
		return e.Dead()
	})
	return e
}

// failures gives what was told of mails that were given up.
func (o *office) failures() (list []event.Event) {
	o.t.Helper()
	all, err := o.store.Store.Events().OfUser(o.t.Context(), tenant.Default, o.ann.ID, []event.Name{event.MailFailed}, event.Position{}, 100)
	require.NoError(o.t, err)
	for _, e := range all {
		list = append(list, e.Event)
	}
	return list
}

// mailer hands over what it is given, unless a test says otherwise.
type mailer struct {
	mu       sync.Mutex
	accepted []outbound.Message
	tries    atomic.Int32
	// instead answers for it, if not nil.
	instead func(ctx context.Context, begin func() error) error
}

func (m *mailer) Send(ctx context.Context, msg outbound.Message, begin func() error) error {
	m.tries.Add(1)
	if m.instead != nil {
		if err := m.instead(ctx, begin); err != nil {
			return err
		}
	} else if err := begin(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.accepted = append(m.accepted, msg)
	return nil
}

func (m *mailer) all() []outbound.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]outbound.Message(nil), m.accepted...)
}

// crash ends the attempt where it stands, as the end of its process would:
// nothing is written down any more.
func crash() { runtime.Goexit() }

// plainLetters says what it is told.
type plainLetters struct{}

func (plainLetters) Write(k mail.Kind, locale string, details map[string]string) (outbound.Letter, error) {
	return outbound.Letter{Subject: string(k), Text: details[mail.Name] + " " + details[mail.Address], Locale: locale}, nil
}

// awayStore is a store that can be away.
type awayStore struct {
	outbound.Store
	away   atomic.Bool
	before func() // happens before each transaction
}

func (s *awayStore) Outbox() outbound.Outbox {
	if s.away.Load() {
		return awayOutbox{}
	}
	return s.Store.Outbox()
}

func (s *awayStore) Atomically(ctx context.Context, fn func(context.Context, outbound.Repositories) error) error {
	if s.away.Load() {
		return outbound.ErrUnavailable
	}
	if s.before != nil {
		s.before()
	}
	return s.Store.Atomically(ctx, fn)
}

type awayOutbox struct{ outbound.Outbox }

var errAway = errors.Join(errors.New("the store is away"), outbound.ErrUnavailable)

func (awayOutbox) Claim(context.Context, outbound.MailClaim) ([]mail.Entry, error) {
	return nil, errAway
}

func (awayOutbox) Begin(context.Context, outbound.MailHold, time.Time, time.Time) error {
	return errAway
}
func (awayOutbox) Done(context.Context, outbound.MailHold) error { return errAway }
func (awayOutbox) PutBack(context.Context, outbound.MailHold, time.Time, string) error {
	return errAway
}

func (awayOutbox) ReviveAll(context.Context, tenant.ID, time.Time) (int, error) { return 0, errAway }

func (awayOutbox) Count(context.Context, tenant.ID, time.Time) (outbound.OutboxCount, error) {
	return outbound.OutboxCount{}, errAway
}
