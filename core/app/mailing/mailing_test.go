package mailing_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// instanceWriting is an instance whose writer does something in its transaction.
func (o *office) instanceWriting(do func(ctx context.Context, tx outbound.Repositories) error) *mailing.Service {
	p := pace
	alone(&p)
	return mailing.New(o.world, mailing.Policy{Tenant: tenant.Default, On: true, Pace: p}, map[mail.Kind]mailing.Writer{
		mail.PasswordChanged: func(ctx context.Context, tx outbound.Repositories, _ mail.Mail) (mailing.Written, error) {
			return mailing.Written{To: "ann@example.com"}, do(ctx, tx)
		},
	})
}

func TestAMailIsWrittenWhenItsTimeHasCome(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		s := o.instance(o.mails)
		o.run(s)
		m := o.owe()
		o.untilGone(m)
		require.Equal(t, []outbound.Message{{
			ID: m.ID, Kind: mail.PasswordChanged, To: "Ann@example.com", Subject: "password_changed", Text: "Ana 192.0.2.7", Locale: "pt-BR",
		}}, o.mails.all())
		o.eventually("it is counted", func() bool { return s.Tally(mail.PasswordChanged) == inbound.MailTally{Sent: 1} })
		require.Zero(t, s.Tally(mail.NewDevice))
		require.Zero(t, s.Tally("no kind"))
	})
}

func TestAMailerThatIsAwayForAnHourIsWaitedFor(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		back := o.clock.Now().Add(time.Hour)
		o.mails.instead = func(_ context.Context, begin func() error) error {
			if o.clock.Now().Before(back) {
				return fmt.Errorf("connection refused: %w", outbound.ErrUnsent)
			}
			return begin()
		}
		s := o.instance(o.mails)
		o.run(s)
		m := o.owe()
		for attempt := 1; o.clock.Now().Before(back); attempt++ {
			var e mail.Entry
			o.eventually("it is put back", func() bool {
				e, _ = o.entry(m)
				return e.Attempt == attempt && e.Holder == ""
			})
			require.Equal(t, "connection refused: mail was not accepted", e.LastError)
			require.Equal(t, o.clock.Now().Add(mail.Delay(attempt, 0.5)), e.DueAt)
			o.clock.Set(e.DueAt)
		}
		o.untilGone(m)
		require.Len(t, o.mails.all(), 1)
		require.Less(t, o.mails.tries.Load(), int32(15))
		require.Empty(t, o.failures())
		o.eventually("it is counted", func() bool {
			return s.Tally(mail.PasswordChanged) == inbound.MailTally{Sent: 1, Retried: int64(o.mails.tries.Load()) - 1}
		})
	})
}

func TestAMailIsGivenUp(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		var answer func(begin func() error) error
		o.mails.instead = func(_ context.Context, begin func() error) error { return answer(begin) }
		s := o.instance(o.mails)
		dead := func(why mail.Death, said string) {
			t.Helper()
			stop := o.run(s)
			m, tries := o.owe(), o.mails.tries.Load()
			e := o.untilDead(m)
			require.NoError(t, stop())
			require.Equal(t, string(why)+": "+said, e.LastError)
			require.Equal(t, tries+1, o.mails.tries.Load())
			require.Equal(t, event.GaveUpMail(m, why, o.clock.Now()), o.failures()[0])
			require.NoError(t, s.Drop(t.Context(), m.ID))
		}
		answer = func(begin func() error) error {
			require.NoError(t, begin())
			return &outbound.RejectedError{Code: 550, Reason: "no such mailbox"}
		}
		dead(mail.Rejected, "mail rejected (550): no such mailbox")
		answer = func(func() error) error { return &outbound.RejectedError{Code: 553, Reason: "no such domain"} }
		dead(mail.Rejected, "mail rejected (553): no such domain")
		answer = func(begin func() error) error {
			require.NoError(t, begin())
			return errors.New("connection reset\r\n\x1b[2J\x00")
		}
		dead(mail.OutcomeUnknown, "connection reset   [2J ")
		answer = func(begin func() error) error {
			require.NoError(t, begin())
			panic("a defect")
		}
		dead(mail.OutcomeUnknown, "panic: a defect")
		answer = func(begin func() error) error { // a mailer with a defect may not send twice
			require.NoError(t, begin())
			return begin()
		}
		dead(mail.OutcomeUnknown, "a message is handed over once")
		require.Empty(t, o.mails.all())
		require.EqualValues(t, 5, s.Tally(mail.PasswordChanged).Dead)
	})
}

func TestWhatIsTriedTooOftenIsGivenUp(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		o.mails.instead = func(context.Context, func() error) error { return outbound.ErrUnsent }
		o.run(o.instance(o.mails))
		m := o.owe()
		for attempt := 1; attempt < mail.MostAttempts; attempt++ {
			o.eventually("it is put back", func() bool {
				e, _ := o.entry(m)
				if e.Attempt < attempt || e.Holder != "" {
					return false
				}
				o.clock.Set(e.DueAt)
				return true
			})
		}
		o.untilDead(m)
		require.EqualValues(t, mail.MostAttempts, o.mails.tries.Load())
		require.Equal(t, string(mail.GivenUp), o.failures()[0].Payload["reason"])
	})
}

func TestWhatIsOwedForTooLongIsNotSent(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		m := o.owe()
		o.clock.Advance(mail.MaxAge + time.Microsecond)
		o.run(o.instance(o.mails))
		o.untilDead(m)
		require.Zero(t, o.mails.tries.Load())
	})
}

// What goes wrong before a mail is handed over is tried again, and keeps no
// other from being sent.
func TestAMailThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		for said, fail := range map[string]func() error{
			"write: a defect": func() error { return errors.New("a defect") },
			"panic: a defect": func() error { panic("a defect") },
		} {
			var failed atomic.Bool
			stop := o.run(o.instanceWriting(func(context.Context, outbound.Repositories) error {
				if failed.CompareAndSwap(false, true) {
					return fail()
				}
				return nil
			}))
			m := o.owe()
			o.eventually("it is put back", func() bool { e, _ := o.entry(m); return e.LastError == said })
			o.clock.Advance(time.Minute)
			o.untilGone(m)
			require.NoError(t, stop())
		}
		require.Len(t, o.mails.all(), 2)

		m := mail.Mail{Tenant: tenant.Default, ID: mail.ID{1}, Kind: "of_a_later_version", CreatedAt: o.clock.Now()}
		require.NoError(t, o.store.Outbox().Add(t.Context(), m))
		o.run(o.instance(o.mails))
		o.eventually("it is left to others", func() bool {
			e, _ := o.entry(m)
			return e.LastError == `write: nobody here writes mails of kind "of_a_later_version"`
		})
	})
}

func TestAMailThatIsMootIsNotSent(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		s := o.instanceWriting(func(context.Context, outbound.Repositories) error { return fmt.Errorf("nobody: %w", mailing.ErrMoot) })
		o.run(s)
		o.untilGone(o.owe())
		require.Zero(t, o.mails.tries.Load())
		require.Zero(t, s.Tally(mail.PasswordChanged))
		require.Empty(t, o.failures())
	})
}

func TestSoManyAreOnTheirWayAtOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		goOn := make(chan struct{})
		var now, most atomic.Int32
		o.mails.instead = func(_ context.Context, begin func() error) error {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m; m = most.Load() {
				if most.CompareAndSwap(m, n) {
					break
				}
			}
			<-goOn
			return begin()
		}
		for range 10 {
			o.owe()
		}
		s := o.instance(o.mails, func(p *mailing.Pace) { p.Senders = 3 })
		o.run(s)
		o.eventually("all are at it", func() bool { return now.Load() == 3 })
		list, err := s.List(t.Context(), false, mail.ID{}, 100)
		require.NoError(t, err)
		var claimed int
		for _, e := range list {
			if e.Holder != "" {
				claimed++
			}
		}
		require.Equal(t, 3, claimed, "what cannot be begun is left to others")
		close(goOn)
		o.eventually("all are sent", func() bool { return len(o.mails.all()) == 10 })
		require.EqualValues(t, 3, most.Load())
	})
}

func TestWhatIsUnderWayIsFinished(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		begun, goOn := make(chan struct{}), make(chan struct{})
		o.mails.instead = func(ctx context.Context, begin func() error) error {
			require.NoError(t, begin())
			close(begun)
			<-goOn
			return ctx.Err()
		}
		m := o.owe()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- o.instance(o.mails, func(p *mailing.Pace) { p.Senders = 1 }).Run(ctx) }()
		<-begun
		other := o.owe()
		cancel()
		select {
		case <-done:
			t.Fatal("it did not wait")
		case <-time.After(20 * time.Millisecond):
		}
		close(goOn)
		require.NoError(t, <-done)
		_, there := o.entry(m)
		require.False(t, there)
		require.Len(t, o.mails.all(), 1)
		e, there := o.entry(other)
		require.True(t, there)
		require.Zero(t, e.Attempt, "nothing new is begun")

		// No longer than there is time for; and what was not begun is put back.
		ending, end := context.WithCancel(t.Context())
		defer end()
		o.mails.instead = func(ctx context.Context, _ func() error) error {
			end()
			<-ctx.Done()
			return fmt.Errorf("%w: %w", outbound.ErrUnsent, ctx.Err())
		}
		require.NoError(t, o.instance(o.mails, func(p *mailing.Pace) { p.Farewell = time.Millisecond }).Run(ending))
		e, _ = o.entry(other)
		require.Equal(t, 1, e.Attempt)
		require.Empty(t, e.Holder)
	})
}

func TestWhatIsAddedHereIsSentAtOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		s := o.instance(o.mails, func(p *mailing.Pace) { p.Poll = time.Hour })
		o.run(s)
		store := s.Watch(o.store)
		add := func(cause error) mail.Mail {
			m := mail.Mail{Tenant: tenant.Default, ID: mail.ID{1}, Kind: mail.PasswordChanged, User: o.ann.ID, CreatedAt: o.clock.Now()}
			require.ErrorIs(t, store.Atomically(t.Context(), func(ctx context.Context, tx outbound.Repositories) error {
				require.NoError(t, tx.Outbox().Add(ctx, m))
				return cause
			}), cause)
			return m
		}
		m := add(errors.New("no"))
		_, there := o.entry(m)
		require.False(t, there)
		o.untilGone(add(nil))
		o.eventually("it is sent", func() bool { return len(o.mails.all()) == 1 })
		require.NoError(t, store.Outbox().Add(t.Context(), m))
		o.eventually("it is sent", func() bool { return len(o.mails.all()) == 2 })
	})
}

func TestWithoutMailNoneIsKept(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		off := mailing.New(o.world, mailing.Policy{Tenant: tenant.Default, Pace: pace}, mailing.Notices())
		require.False(t, off.Enabled())
		require.NoError(t, off.Run(t.Context()), "there is nothing to do")
		m := mail.Mail{Tenant: tenant.Default, ID: mail.ID{1}, Kind: mail.PasswordChanged, User: o.ann.ID, CreatedAt: o.clock.Now()}
		require.NoError(t, off.Watch(o.store).Outbox().Add(t.Context(), m))
		require.NoError(t, off.Watch(o.store).Atomically(t.Context(), func(ctx context.Context, tx outbound.Repositories) error {
			return tx.Outbox().Add(ctx, m)
		}))
		_, there := o.entry(m)
		require.False(t, there)

		w := o.world
		w.Mailer = nil
		require.False(t, mailing.New(w, mailing.Policy{On: true}, nil).Enabled())
	})
}

func TestMailsAreLookedAfter(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		o.mails.instead = func(context.Context, func() error) error { return &outbound.RejectedError{Code: 550} }
		s := o.instance(o.mails)
		stop := o.run(s)
		one, two := o.owe(), o.owe()
		o.untilDead(one)
		o.untilDead(two)
		o.eventually("they are counted", func() bool { return s.Backlog() == inbound.MailBacklog{Dead: 2} })
		require.NoError(t, stop())
		o.mails.instead = nil

		requireCode(t, fault.NotFound, s.Retry(ctx, mail.ID{9}))
		requireCode(t, fault.NotFound, s.Drop(ctx, mail.ID{9}))
		_, err := s.Find(ctx, mail.ID{9})
		requireCode(t, fault.NotFound, err)
		require.NoError(t, s.Drop(ctx, two.ID))
		n, err := s.RetryAll(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		requireCode(t, fault.NotFound, s.Retry(ctx, one.ID))
		e, err := s.Find(ctx, one.ID)
		require.NoError(t, err)
		require.False(t, e.Dead())
		o.clock.Advance(time.Minute)
		o.mails.instead = func(context.Context, func() error) error { return outbound.ErrUnsent }
		o.run(s)
		o.eventually("it waits", func() bool { return s.Backlog().Oldest == time.Minute && s.Backlog().Due == 0 })

		o.store.away.Store(true)
		_, err = s.RetryAll(ctx)
		requireCode(t, fault.Unavailable, err)
	})
}

func requireCode(t *testing.T, want fault.Code, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, want, fault.CodeOf(err), err)
}
