package porttest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

const mailLease = 3 * time.Minute

// owed is a mail about somebody, or about nobody when who is zero.
func owed(who user.ID, to string, created time.Time) mail.Mail {
	return mail.Mail{
		Tenant: tenant.Default, ID: newID(), Kind: mail.NewDevice, User: who, To: to,
		Details: map[string]string{mail.Device: "Firefox on Linux \"<汉语>\"", mail.Address: ""}, RequestID: "request-1", CreatedAt: created,
	}
}

// outboxTest is an outbox, and what is asked of it most.
type outboxTest struct {
	t *testing.T
	outbound.Outbox
}

func (o outboxTest) add(mails ...mail.Mail) {
	o.t.Helper()
	require.NoError(o.t, o.Add(o.t.Context(), mails...))
}

func (o outboxTest) claim(holder string, now time.Time, limit int) []mail.Entry {
	o.t.Helper()
	list, err := o.Claim(o.t.Context(), outbound.MailClaim{Tenant: tenant.Default, Holder: holder, Now: now, Until: now.Add(mailLease), Limit: limit})
	require.NoError(o.t, err)
	return list
}

func (o outboxTest) byID(id mail.ID) mail.Entry {
	o.t.Helper()
	e, err := o.ByID(o.t.Context(), tenant.Default, id)
	require.NoError(o.t, err)
	return e
}

// isGone tells that a mail is not there any more.
func (o outboxTest) isGone(id mail.ID) {
	o.t.Helper()
	_, err := o.ByID(o.t.Context(), tenant.Default, id)
	require.ErrorIs(o.t, err, outbound.ErrNotFound)
}

// empty removes every mail.
func (o outboxTest) empty() {
	o.t.Helper()
	list, err := o.List(o.t.Context(), tenant.Default, false, mail.ID{}, 1000)
	require.NoError(o.t, err)
	for _, e := range list {
		require.NoError(o.t, o.Remove(o.t.Context(), tenant.Default, e.ID))
	}
}

func mailHold(m mail.Mail, holder string) outbound.MailHold {
	return outbound.MailHold{Tenant: m.Tenant, ID: m.ID, Holder: holder}
}

func testOutbox(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	ann := register(t, h.Store, "ann@example.com", "").User

	t.Run("a mail is kept as it is", func(t *testing.T) {
		o := outboxTest{t, h.Store.Outbox()}
		m := owed(ann.ID, "Ann@Example.com", at)
		none := mail.Mail{Tenant: tenant.Default, ID: newID(), Kind: mail.MagicLink, CreatedAt: at}
		o.add(m, none)
		require.Equal(t, mail.Entry{Mail: m, DueAt: at}, o.byID(m.ID))
		require.Equal(t, mail.Entry{Mail: none, DueAt: at}, o.byID(none.ID))
		require.ErrorIs(t, o.Add(ctx, m), outbound.ErrConflict)
		other := owed(user.ID{}, "", at)
		require.ErrorIs(t, o.Add(ctx, other, m), outbound.ErrConflict)
		o.isGone(other.ID)
		_, err := o.ByID(ctx, tenant.ID{9}, m.ID)
		require.ErrorIs(t, err, outbound.ErrNotFound)
		o.empty()
	})

	t.Run("it is there when its cause is, and not before", func(t *testing.T) {
		o := outboxTest{t, h.Store.Outbox()}
		m := owed(ann.ID, "", at)
		require.ErrorIs(t, h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			require.NoError(t, tx.Outbox().Add(ctx, m))
			return errOnPurpose
		}), errOnPurpose)
		o.isGone(m.ID)
	})

	t.Run("what is due is claimed by one, until their lease ends", func(t *testing.T) {
		o := outboxTest{t, h.Store.Outbox()}
		m := owed(ann.ID, "", at)
		o.add(m)
		require.Empty(t, o.claim("ann", at.Add(-time.Microsecond), 10))
		list, err := o.Claim(ctx, outbound.MailClaim{Tenant: tenant.ID{9}, Holder: "ann", Now: at, Until: at.Add(mailLease), Limit: 10})
		require.NoError(t, err)
		require.Empty(t, list)
		require.Equal(t, []mail.Entry{{Mail: m, DueAt: at.Add(mailLease), Attempt: 1, Holder: "ann"}}, o.claim("ann", at, 10))
		require.Empty(t, o.claim("bob", at.Add(mailLease-time.Microsecond), 10))
		again := o.claim("bob", at.Add(mailLease), 10)
		require.Len(t, again, 1)
		require.Equal(t, 2, again[0].Attempt)
		require.Equal(t, "bob", again[0].Holder)
		o.empty()
	})

	t.Run("so many at once, those due first before others", func(t *testing.T) {
		o := outboxTest{t, h.Store.Outbox()}
		var ids []mail.ID
		for n := range 5 {
			m := owed(ann.ID, "", at.Add(-time.Duration(n)*time.Minute))
			o.add(m)
			ids = append(ids, m.ID)
		}
		first := o.claim("ann", at, 2)
		require.Len(t, first, 2)
		for _, e := range first {
			require.Contains(t, ids[3:], e.ID)
		}
		require.Len(t, o.claim("bob", at, 10), 3)
		o.empty()
	})

	t.Run("of many that claim at once, each mail is one's", func(t *testing.T) {
		o := outboxTest{t, h.Store.Outbox()}
		const mails = 40
		for range mails {
			o.add(owed(ann.ID, "", at))
		}
		var mu sync.Mutex
		var got []string
		var wg sync.WaitGroup
		start := make(chan struct{})
		for n := range 6 {
			wg.Go(func() {
				<-start
				for round := 0; ; round++ {
					list, err := h.Store.Outbox().Claim(ctx, outbound.MailClaim{
						Tenant: tenant.Default, Holder: fmt.Sprintf("%d.%d", n, round), Now: at, Until: at.Add(mailLease), Limit: 3,
					})
					if err != nil {
						t.Errorf("claim: %v", err)
						return
					}
					if len(list) == 0 {
						return
					}
					mu.Lock()
					for _, e := range list {
						got = append(got, e.ID.String())
					}
					mu.Unlock()
				}
			})
		}
		close(start)
		wg.Wait()
		for len(got) < mails { // what one passed over while another was claiming it
			list := o.claim("last", at, mails)
			require.NotEmpty(t, list)
			for _, e := range list {
				got = append(got, e.ID.String())
			}
		}
		slices.Sort(got)
		require.Len(t, slices.Compact(got), mails)
		require.Len(t, got, mails)
		o.empty()
	})
}

func testOutboxHolding(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	ann := register(t, h.Store, "ann@example.com", "").User
	o := outboxTest{t, h.Store.Outbox()}
	claimed := func(t *testing.T) mail.Mail {
		m := owed(ann.ID, "", at)
		o.add(m)
		require.Len(t, o.claim("ann", at, 10), 1)
		return m
	}
	later := at.Add(time.Hour)

	t.Run("whoever does not have a mail changes nothing", func(t *testing.T) {
		m := claimed(t)
		before := o.byID(m.ID)
		for name, call := range map[string]func(outbound.MailHold) error{
			"hold":     func(h outbound.MailHold) error { return o.Hold(ctx, h, later) },
			"begin":    func(h outbound.MailHold) error { return o.Begin(ctx, h, at, later) },
			"done":     func(h outbound.MailHold) error { return o.Done(ctx, h) },
			"put back": func(h outbound.MailHold) error { return o.PutBack(ctx, h, later, "no") },
			"bury":     func(h outbound.MailHold) error { return o.Bury(ctx, h, later, "no") },
		} {
			require.ErrorIs(t, call(mailHold(m, "bob")), outbound.ErrStale, name)
			require.ErrorIs(t, call(mailHold(m, "")), outbound.ErrStale, name)
			elsewhere := mailHold(m, "ann")
			elsewhere.Tenant = tenant.ID{9}
			require.ErrorIs(t, call(elsewhere), outbound.ErrStale, name)
			require.ErrorIs(t, call(outbound.MailHold{Tenant: tenant.Default, ID: newID(), Holder: "ann"}), outbound.ErrStale, name)
			require.Equal(t, before, o.byID(m.ID), name)
		}
		o.empty()
	})

	t.Run("it is held on to", func(t *testing.T) {
		m := claimed(t)
		require.NoError(t, o.Hold(ctx, mailHold(m, "ann"), later))
		require.Empty(t, o.claim("bob", later.Add(-time.Microsecond), 10))
		require.Len(t, o.claim("bob", later, 10), 1)
		o.empty()
	})

	t.Run("it is begun once, which others see", func(t *testing.T) {
		m := claimed(t)
		require.NoError(t, o.Begin(ctx, mailHold(m, "ann"), at, later))
		require.ErrorIs(t, o.Begin(ctx, mailHold(m, "ann"), at, later), outbound.ErrStale)
		require.ErrorIs(t, o.Hold(ctx, mailHold(m, "ann"), later), outbound.ErrStale)
		require.Empty(t, o.claim("bob", later.Add(-time.Microsecond), 10))
		seen := o.claim("bob", later, 10)
		require.Len(t, seen, 1)
		require.Equal(t, at, *seen[0].HandedOverAt)
		require.ErrorIs(t, o.Done(ctx, mailHold(m, "ann")), outbound.ErrStale, "it is another's by now")
		require.NoError(t, o.Bury(ctx, mailHold(m, "bob"), later, "unknown"))
		o.empty()
	})

	t.Run("of two that begin at once, one does", func(t *testing.T) {
		m := claimed(t)
		var won, stale int
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				err := h.Store.Outbox().Begin(ctx, mailHold(m, "ann"), at, later)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if strings.Contains(err.Error(), outbound.ErrStale.Error()) {
					stale++
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, won)
		require.Equal(t, 5, stale)
		o.empty()
	})

	t.Run("done, it is gone", func(t *testing.T) {
		m := claimed(t)
		require.NoError(t, o.Done(ctx, mailHold(m, "ann")))
		o.isGone(m.ID)
		require.ErrorIs(t, o.Done(ctx, mailHold(m, "ann")), outbound.ErrStale)
	})

	t.Run("put back, it is anybody's when it is due", func(t *testing.T) {
		m := claimed(t)
		require.NoError(t, o.Begin(ctx, mailHold(m, "ann"), at, at.Add(mailLease)))
		require.NoError(t, o.PutBack(ctx, mailHold(m, "ann"), later, "451 try again"))
		require.Equal(t, mail.Entry{Mail: m, DueAt: later, Attempt: 1, LastError: "451 try again"}, o.byID(m.ID))
		require.ErrorIs(t, o.Begin(ctx, mailHold(m, "ann"), at, later), outbound.ErrStale)
		require.Empty(t, o.claim("bob", later.Add(-time.Microsecond), 10))
		require.Equal(t, 2, o.claim("bob", later, 10)[0].Attempt)
		o.empty()
	})

	t.Run("given up, nobody has it any more, until it is revived", func(t *testing.T) {
		m, other := claimed(t), owed(ann.ID, "", at)
		require.NoError(t, o.Begin(ctx, mailHold(m, "ann"), at, at.Add(mailLease)))
		require.NoError(t, o.Bury(ctx, mailHold(m, "ann"), later, "outcome unknown"))
		dead := o.byID(m.ID)
		require.True(t, dead.Dead())
		require.Equal(t, later, *dead.DeadAt)
		require.Equal(t, "outcome unknown", dead.LastError)
		require.Empty(t, o.claim("bob", later.Add(time.Hour), 10))
		require.ErrorIs(t, o.Done(ctx, mailHold(m, "ann")), outbound.ErrStale)

		o.add(other)
		require.ErrorIs(t, o.Revive(ctx, tenant.Default, other.ID, later), outbound.ErrNotFound, "it was not given up")
		require.ErrorIs(t, o.Revive(ctx, tenant.ID{9}, m.ID, later), outbound.ErrNotFound)
		require.NoError(t, o.Revive(ctx, tenant.Default, m.ID, later))
		require.Equal(t, mail.Entry{Mail: m, DueAt: later, LastError: "outcome unknown"}, o.byID(m.ID))
		n, err := o.ReviveAll(ctx, tenant.Default, later)
		require.NoError(t, err)
		require.Zero(t, n)
		o.empty()
	})
}

func testOutboxCare(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	ann, bob := register(t, h.Store, "ann@example.com", "").User, register(t, h.Store, "bob@example.com", "").User
	o := outboxTest{t, h.Store.Outbox()}
	bury := func(m mail.Mail, when time.Time) {
		o.add(m)
		for _, e := range o.claim("undertaker", m.CreatedAt, 100) {
			if e.ID == m.ID {
				require.NoError(t, o.Bury(ctx, mailHold(m, "undertaker"), when, "no"))
			} else {
				require.NoError(t, o.PutBack(ctx, mailHold(e.Mail, "undertaker"), e.CreatedAt, ""))
			}
		}
	}
	ids := func(list []mail.Entry, err error) (ids []mail.ID) {
		require.NoError(t, err)
		for _, e := range list {
			ids = append(ids, e.ID)
		}
		return ids
	}

	t.Run("pages, the newest first, of all or of those given up", func(t *testing.T) {
		one, two, three := owed(ann.ID, "", at), owed(ann.ID, "", at), owed(ann.ID, "", at)
		o.add(one)
		bury(two, at)
		bury(three, at)
		require.Equal(t, []mail.ID{three.ID, two.ID, one.ID}, ids(o.List(ctx, tenant.Default, false, mail.ID{}, 10)))
		require.Equal(t, []mail.ID{three.ID, two.ID}, ids(o.List(ctx, tenant.Default, true, mail.ID{}, 10)))
		require.Equal(t, []mail.ID{three.ID}, ids(o.List(ctx, tenant.Default, true, mail.ID{}, 1)))
		require.Equal(t, []mail.ID{two.ID}, ids(o.List(ctx, tenant.Default, true, three.ID, 1)))
		require.Empty(t, ids(o.List(ctx, tenant.ID{9}, false, mail.ID{}, 10)))

		c, err := o.Count(ctx, tenant.Default, at.Add(-time.Second))
		require.NoError(t, err)
		require.Equal(t, outbound.OutboxCount{Waiting: 1, Dead: 2, OldestAt: at}, c)
		c, err = o.Count(ctx, tenant.Default, at)
		require.NoError(t, err)
		require.Equal(t, outbound.OutboxCount{Waiting: 1, Due: 1, Dead: 2, OldestAt: at}, c)
		n, err := o.ReviveAll(ctx, tenant.Default, at)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		o.empty()
		c, err = o.Count(ctx, tenant.Default, at)
		require.NoError(t, err)
		require.Zero(t, c)
	})

	t.Run("one is removed", func(t *testing.T) {
		m := owed(ann.ID, "", at)
		o.add(m)
		require.ErrorIs(t, o.Remove(ctx, tenant.ID{9}, m.ID), outbound.ErrNotFound)
		require.NoError(t, o.Remove(ctx, tenant.Default, m.ID))
		require.ErrorIs(t, o.Remove(ctx, tenant.Default, m.ID), outbound.ErrNotFound)
	})

	t.Run("those given up go when their time is over, and no other", func(t *testing.T) {
		waiting, early, late := owed(ann.ID, "", at), owed(ann.ID, "", at), owed(ann.ID, "", at)
		o.add(waiting)
		bury(early, at)
		bury(late, at.Add(time.Second))
		remove := func(which tenant.ID, by time.Time, limit int) int {
			n, err := o.RemoveDead(ctx, which, by, limit)
			require.NoError(t, err)
			return n
		}
		require.Zero(t, remove(tenant.Default, at.Add(-time.Microsecond), 10))
		require.Zero(t, remove(tenant.ID{9}, at.Add(time.Hour), 10))
		require.Equal(t, 1, remove(tenant.Default, at.Add(time.Hour), 1))
		o.isGone(early.ID)
		require.Equal(t, 1, remove(tenant.Default, at.Add(time.Hour), 10))
		o.isGone(late.ID)
		require.Equal(t, waiting.ID, o.byID(waiting.ID).ID)
		o.empty()
	})

	t.Run("nothing is left of somebody who is erased", func(t *testing.T) {
		about, to, dead := owed(ann.ID, "", at), owed(user.ID{}, "ANN@example.com", at), owed(user.ID{}, "ann@EXAMPLE.com", at)
		others := []mail.Mail{owed(bob.ID, "", at), owed(user.ID{}, "", at), owed(user.ID{}, "bob@example.com", at)}
		o.add(append(others, about, to)...)
		bury(dead, at)
		n, err := o.RemoveOfUser(ctx, tenant.ID{9}, ann.ID, ann.Email)
		require.NoError(t, err)
		require.Zero(t, n)
		n, err = o.RemoveOfUser(ctx, tenant.Default, ann.ID, ann.Email)
		require.NoError(t, err)
		require.Equal(t, 3, n)
		for _, m := range others {
			o.byID(m.ID)
		}
		n, err = o.RemoveOfUser(ctx, tenant.Default, user.ID{}, user.Email{})
		require.NoError(t, err)
		require.Zero(t, n, "nobody is not everybody of whom nothing is known")
		o.empty()
	})
}

// The owner is told of a device when the event is written, and never else.
func testOutboxNotices(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	ann := register(t, h.Store, "ann@example.com", "")
	o := outboxTest{t, h.Store.Outbox()}
	open := func(device, hash string, told bool) (mail.Mail, error) {
		s := newSession(ann.User)
		s.Device.Browser, s.Device.Name = device, device
		asked := opening(s, hash)
		notice := owed(ann.User.ID, "", at)
		if told {
			asked.Notice = &notice
		}
		return notice, h.Store.Sessions().Open(ctx, asked)
	}
	notice, err := open("Firefox 140", ann.PasswordHash, true)
	require.NoError(t, err)
	o.isGone(notice.ID) // a device that is known
	notice, err = open("Chromium 150", "another hash", true)
	require.ErrorIs(t, err, outbound.ErrStale)
	o.isGone(notice.ID)
	notice, err = open("Chromium 150", ann.PasswordHash, true)
	require.NoError(t, err)
	require.Equal(t, mail.Entry{Mail: notice, DueAt: at}, o.byID(notice.ID))
	notice, err = open("Chromium 150", ann.PasswordHash, true)
	require.NoError(t, err)
	o.isGone(notice.ID)
	before := len(all(t, h))
	notice, err = open("Lynx 3", ann.PasswordHash, false)
	require.NoError(t, err)
	o.isGone(notice.ID)
	require.Equal(t, event.SessionNewDevice, all(t, h)[before+1].Name, "without mail there is the event")
}
