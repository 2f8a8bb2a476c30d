package mailing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// outcome is what came of an attempt.
type outcome int

const (
	lost    outcome = iota // it is somebody else's by now, or nobody's
	sent                   // or there was nothing to send
	moot                   // nothing to send any more
	unsent                 // certainly not accepted
	refused                // for good
	unknown                // begun, and nobody knows
	doomed                 // not to be tried
)

// result is an outcome with why.
type result struct {
	outcome outcome
	why     mail.Death // of one that is doomed
	err     error
}

// attempt tries to send a mail that was claimed, and writes down what came of
// it.
func (s *Service) attempt(ctx context.Context, e mail.Entry) {
	patient, cancel := context.WithTimeout(ctx, s.policy.Pace.Patience)
	defer cancel()
	s.settle(context.WithoutCancel(ctx), e, s.try(patient, e))
}

// try sends a mail. Whatever a writer, a template or a mailer does to it, the
// others go on.
func (s *Service) try(ctx context.Context, e mail.Entry) (r result) {
	var begun bool
	defer func() {
		if p := recover(); p != nil {
			r = result{outcome: unsent, err: fmt.Errorf("panic: %v", p)}
			if begun {
				r.outcome = unknown
			}
		}
	}()
	if why, ok := e.Doomed(s.world.Clock.Now()); ok {
		return result{outcome: doomed, why: why, err: errors.New(e.LastError)}
	}
	written, err := s.write(ctx, e)
	switch {
	case errors.Is(err, errLost):
		return result{outcome: lost}
	case errors.Is(err, ErrMoot):
		return result{outcome: moot}
	case err != nil:
		return result{outcome: unsent, err: fmt.Errorf("write: %w", err)}
	}
	letter, err := s.world.Letters.Write(e.Kind, written.Locale, written.Details)
	if err != nil {
		return result{outcome: unsent, err: fmt.Errorf("put into words: %w", err)}
	}
	err = s.world.Mailer.Send(ctx, outbound.Message{
		ID: e.ID, Kind: e.Kind, To: written.To, Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML, Locale: letter.Locale,
	}, func() error {
		if err := s.begin(ctx, e, begun); err != nil {
			return err
		}
		begun = true
		return nil
	})
	return result{outcome: told(err, begun), err: err}
}

// told is what a mailer's answer means.
func told(err error, begun bool) outcome {
	rejected, _ := errors.AsType[*outbound.RejectedError](err)
	switch {
	case err == nil:
		return sent
	case errors.Is(err, errLost):
		return lost
	case rejected != nil:
		return refused
	case !begun || errors.Is(err, outbound.ErrUnsent):
		return unsent
	}
	return unknown
}

// errLost says that a mail is not this holder's any more.
var errLost = errors.New("the mail is somebody else's by now")

// errBegunTwice says that a mailer would hand a message over twice.
var errBegunTwice = errors.New("a message is handed over once")

// write has a mail written, in a transaction that is in vain when by its end
// the mail is somebody else's: of two that write at once, what one of them
// stored is what was sent.
func (s *Service) write(ctx context.Context, e mail.Entry) (Written, error) {
	write, known := s.writers[e.Kind]
	if !known {
		return Written{}, fmt.Errorf("nobody here writes mails of kind %q", e.Kind)
	}
	var w Written
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) (err error) {
		if w, err = write(ctx, tx, e.Mail); err != nil {
			return err
		}
		// Last, so that rows are locked in the order in which others lock them:
		// a user before the mails about them.
		err = tx.Outbox().Hold(ctx, hold(e), s.world.Clock.Now().Add(s.policy.Pace.Lease))
		if errors.Is(err, outbound.ErrStale) {
			return errLost
		}
		return err
	})
	return w, err
}

// begin notes that a mail is being handed over. Whoever cannot note it must not
// send.
func (s *Service) begin(ctx context.Context, e mail.Entry, begun bool) error {
	if begun {
		return errBegunTwice
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	now := s.world.Clock.Now()
	err := s.world.Store.Outbox().Begin(ctx, hold(e), now, now.Add(s.policy.Pace.Lease))
	if errors.Is(err, outbound.ErrStale) {
		return errLost
	}
	return err
}

func hold(e mail.Entry) outbound.MailHold {
	return outbound.MailHold{Tenant: e.Tenant, ID: e.ID, Holder: e.Holder}
}

// settle writes down what came of an attempt. While the store is away it tries
// again for a while: a mail that was sent and cannot be removed is given up by
// whoever finds it, for nobody knows any more.
func (s *Service) settle(ctx context.Context, e mail.Entry, r result) {
	if r.outcome == lost {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.policy.Pace.Settling)
	defer cancel()
	for pause := settleAgain; ; pause *= 2 {
		count, err := s.writeDown(ctx, e, r)
		if err == nil {
			s.count(e.Kind, count)
			return
		}
		if errors.Is(err, outbound.ErrStale) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// settleAgain is how long the first rest is before the store is asked again.
const settleAgain = 50 * time.Millisecond

// writeDown stores a result, and tells what to count it as.
func (s *Service) writeDown(ctx context.Context, e mail.Entry, r result) (counted, error) {
	outbox, now := s.world.Store.Outbox(), s.world.Clock.Now()
	switch r.outcome {
	case sent:
		return asSent, outbox.Done(ctx, hold(e))
	case moot:
		return asNothing, outbox.Done(ctx, hold(e))
	case refused:
		return asDead, s.bury(ctx, e, mail.Rejected, r.err, now)
	case unknown:
		return asDead, s.bury(ctx, e, mail.OutcomeUnknown, r.err, now)
	case doomed:
		return asDead, s.bury(ctx, e, r.why, r.err, now)
	}
	due, again := e.Again(now, s.world.Random.Fraction())
	if !again {
		return asDead, s.bury(ctx, e, mail.GivenUp, r.err, now)
	}
	return asRetried, outbox.PutBack(ctx, hold(e), due, mail.Reason(r.err))
}

// bury gives a mail up and writes what happened, both or neither.
func (s *Service) bury(ctx context.Context, e mail.Entry, why mail.Death, cause error, now time.Time) error {
	return s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := tx.Outbox().Bury(ctx, hold(e), now, mail.Reason(fmt.Errorf("%s: %w", why, cause))); err != nil {
			return err
		}
		return tx.Events().Append(ctx, event.GaveUpMail(e.Mail, why, now))
	})
}
