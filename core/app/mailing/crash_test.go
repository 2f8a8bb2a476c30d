package mailing_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

func TestAMailWhoseSenderDiesBeforeItBeganIsSentByAnother(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		dying := &mailer{instead: func(context.Context, func() error) error { crash(); return nil }}
		stop := o.run(o.instance(dying))
		m := o.owe()
		o.eventually("it was tried", func() bool { return dying.tries.Load() == 1 })
		require.NoError(t, stop())
		e, there := o.entry(m)
		require.True(t, there)
		require.Nil(t, e.HandedOverAt)

		o.run(o.instance(o.mails))
		o.clock.Advance(pace.Lease - time.Microsecond)
		other := o.owe()
		o.untilGone(other)
		require.Len(t, o.mails.all(), 1, "the lease of the dead is waited for")
		o.clock.Advance(time.Microsecond)
		o.untilGone(m)
		require.Len(t, o.mails.all(), 2)
		require.Equal(t, m.ID, o.mails.all()[1].ID)
		require.Empty(t, o.failures())
	})
}

func TestAMailWhoseSenderDiesAfterItBeganIsNotSentAgain(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		dying := &mailer{instead: func(_ context.Context, begin func() error) error {
			require.NoError(t, begin())
			crash()
			return nil
		}}
		stop := o.run(o.instance(dying))
		m := o.owe()
		o.eventually("it was begun", func() bool { e, _ := o.entry(m); return e.HandedOverAt != nil })
		require.NoError(t, stop())

		o.clock.Advance(pace.Lease)
		s := o.instance(o.mails)
		o.run(s)
		e := o.untilDead(m)
		require.Contains(t, e.LastError, string(mail.OutcomeUnknown))
		require.Empty(t, o.mails.all())
		require.Zero(t, o.mails.tries.Load())
		require.Equal(t, []event.Event{event.GaveUpMail(m, mail.OutcomeUnknown, o.clock.Now())}, o.failures())
		o.eventually("it is counted", func() bool { return s.Tally(mail.PasswordChanged).Dead == 1 })

		require.NoError(t, s.Retry(t.Context(), m.ID), "an operator may")
		o.untilGone(m)
		require.Len(t, o.mails.all(), 1)
	})
}

func TestWhoeverLostTheLeaseBeforeHandingOverDoesNot(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		arrived, goOn := make(chan struct{}), make(chan struct{})
		var answer error
		slow := &mailer{instead: func(_ context.Context, begin func() error) error {
			close(arrived)
			<-goOn
			answer = begin()
			return answer
		}}
		stop := o.run(o.instance(slow, alone))
		m := o.owe()
		<-arrived
		o.clock.Advance(pace.Lease)
		o.run(o.instance(o.mails))
		o.untilGone(m)
		close(goOn)
		require.NoError(t, stop())
		require.Error(t, answer)
		require.Empty(t, slow.all())
		require.Len(t, o.mails.all(), 1)
		require.Empty(t, o.failures())
	})
}

// The slow one takes longer than anything may: another finds a mail that was
// begun, and leaves it at that.
func TestAMailThatIsHandedOverForTooLongIsNotSentAgain(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		begun, goOn := make(chan struct{}), make(chan struct{})
		slow := &mailer{instead: func(_ context.Context, begin func() error) error {
			require.NoError(t, begin())
			close(begun)
			<-goOn
			return nil
		}}
		stop := o.run(o.instance(slow, alone))
		m := o.owe()
		<-begun
		o.clock.Advance(pace.Lease)
		o.run(o.instance(o.mails))
		o.untilDead(m)
		close(goOn)
		require.NoError(t, stop())
		require.Len(t, slow.all(), 1)
		require.Empty(t, o.mails.all())
		e, there := o.entry(m)
		require.True(t, there && e.Dead(), "what was told stays")
	})
}

// alone leaves an instance no sender to find its own mail with.
func alone(p *mailing.Pace) { p.Senders = 1 }

// What one wrote is in vain when the mail is another's by then: the other
// writes it again.
func TestOfTwoThatWriteAMailOneDoes(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		m := o.owe()
		o.store.before = func() {
			now := o.clock.Advance(pace.Lease)
			list, err := o.store.Store.Outbox().Claim(t.Context(), outbound.MailClaim{
				Tenant: tenant.Default, Holder: "another", Now: now, Until: now.Add(pace.Lease), Limit: 1,
			})
			require.NoError(t, err)
			require.Len(t, list, 1)
			o.store.before = nil
		}
		s := o.instanceWriting(func(ctx context.Context, tx outbound.Repositories) error {
			return tx.Events().Append(ctx, event.SignedUp(event.Origin{Tenant: tenant.Default}, o.ann.ID, o.clock.Now()))
		})
		count := func() int {
			list, err := o.store.Store.Events().OfUser(t.Context(), tenant.Default, o.ann.ID, []event.Name{event.UserCreated}, event.Position{}, 100)
			require.NoError(t, err)
			return len(list)
		}
		before := count()
		stop := o.run(s)
		o.eventually("another has it", func() bool { e, _ := o.entry(m); return e.Holder == "another" })
		require.NoError(t, stop())
		require.Zero(t, o.mails.tries.Load())
		require.Equal(t, before, count())
		e, _ := o.entry(m)
		require.Equal(t, "another", e.Holder)

		o.clock.Advance(pace.Lease)
		o.run(s)
		o.untilGone(m)
		require.Len(t, o.mails.all(), 1)
		require.Equal(t, before+1, count())
	})
}

func TestAnyNumberOfInstancesShareTheWork(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		var owed []mail.Mail
		for range 40 {
			owed = append(owed, o.owe())
		}
		for range 3 {
			o.run(o.instance(o.mails))
		}
		for _, m := range owed {
			o.untilGone(m)
		}
		got := map[mail.ID]int{}
		for _, m := range o.mails.all() {
			got[m.ID]++
		}
		require.Len(t, o.mails.all(), 40)
		require.Len(t, got, 40)
		require.Empty(t, o.failures())
	})
}

func TestAStoreThatIsAwayCostsNoMailAndDoublesNone(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		o.store.away.Store(true)
		m := o.owe()
		stop := o.run(o.instance(o.mails))
		time.Sleep(5 * pace.Poll)
		require.Zero(t, o.mails.tries.Load())
		o.store.away.Store(false)
		o.untilGone(m)
		require.Len(t, o.mails.all(), 1)
		require.NoError(t, stop())

		// Away when it is to be noted that it begins.
		first := true
		o.mails.instead = func(_ context.Context, begin func() error) error {
			if first {
				first = false
				o.store.away.Store(true)
				err := begin()
				o.store.away.Store(false)
				return err
			}
			return begin()
		}
		m = o.owe()
		stop = o.run(o.instance(o.mails))
		o.eventually("it is put back", func() bool { e, _ := o.entry(m); return e.LastError != "" })
		o.clock.Advance(time.Minute)
		o.untilGone(m)
		require.Len(t, o.mails.all(), 2)
		require.NoError(t, stop())

		// Away when it was accepted, for longer than anybody tries.
		o.mails.instead = func(_ context.Context, begin func() error) error {
			err := begin()
			o.store.away.Store(true)
			return err
		}
		m = o.owe()
		stop = o.run(o.instance(o.mails, func(p *mailing.Pace) { p.Settling = 50 * time.Millisecond }))
		o.eventually("it was accepted", func() bool { return len(o.mails.all()) == 3 })
		require.NoError(t, stop())
		o.store.away.Store(false)
		o.mails.instead = nil
		o.clock.Advance(pace.Lease)
		o.run(o.instance(o.mails))
		o.untilDead(m)
		require.Len(t, o.mails.all(), 3)

		// Away for a moment: that is waited for.
		o.mails.instead = func(_ context.Context, begin func() error) error {
			err := begin()
			o.store.away.Store(true)
			time.AfterFunc(20*time.Millisecond, func() { o.store.away.Store(false) })
			return err
		}
		m = o.owe()
		o.untilGone(m)
		require.Len(t, o.mails.all(), 4)
	})
}
