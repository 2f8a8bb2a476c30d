package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// guesses reads, reckons by core/guess and writes: there is one writer, so
// nothing comes between.
type guesses struct{ repositories }

var _ outbound.Guesses = guesses{}

func (r guesses) ForSignIn(ctx context.Context, g outbound.SignInGuess) (outbound.Guessed, error) {
	var out outbound.Guessed
	err := r.writing(ctx, func(q *db.Queries) error {
		out = outbound.Guessed{}
		subject, address := g.Nobody, g.Address
		row, err := q.UserForSignIn(ctx, db.UserForSignInParams{TenantID: uuid.UUID(g.Tenant), Identifier: g.Who.Key()})
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		default:
			if row.Hash != nil {
				out.PasswordHash = *row.Hash
			}
			if out.User, err = restoreUser(row.User); err != nil {
				return err
			}
			subject = guess.Account(out.User.ID)
		}
		known, err := knows(ctx, q, g, out.User.ID)
		if err != nil {
			return err
		}
		if known {
			subject, address = guess.Device(g.Device), ""
		}
		out.Guess, err = takeGuess(ctx, q, g.Tenant, guess.Taken{Subject: subject, Address: address, Origin: g.Origin, Rules: g.Rules}, g.Now)
		return err
	})
	return out, wrap("find user for sign-in and count the guess", err)
}

// knows tells whether the account knows the device. It asks whatever there is to
// ask about, so that a name that is nobody's takes the same work.
func knows(ctx context.Context, q *db.Queries, g outbound.SignInGuess, owner user.ID) (bool, error) {
	_, err := q.KnownDevice(ctx, db.KnownDeviceParams{
		TenantID: uuid.UUID(g.Tenant), SessionID: uuid.UUID(g.Device), UserID: uuid.UUID(owner),
		Now: column.Micros(g.Now), IdleSince: column.Micros(g.Lifetime.IdleSince(g.Now)),
	})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func (r guesses) InSession(ctx context.Context, g outbound.SessionGuess) (outbound.Guessed, error) {
	var out outbound.Guessed
	err := r.writing(ctx, func(q *db.Queries) error {
		row, err := q.UserWithPassword(ctx, db.UserWithPasswordParams{TenantID: uuid.UUID(g.Tenant), ID: uuid.UUID(g.User)})
		if err != nil {
			return err
		}
		if row.Hash != nil {
			out.PasswordHash = *row.Hash
		}
		if out.User, err = restoreUser(row.User); err != nil {
			return err
		}
		out.Guess, err = takeGuess(ctx, q, g.Tenant, guess.Taken{Subject: guess.Session(g.Session), Origin: g.Origin, Rules: g.Rules}, g.Now)
		return err
	})
	return out, wrap("find user with password and count the guess", err)
}

func takeGuess(ctx context.Context, q *db.Queries, t tenant.ID, g guess.Taken, now time.Time) (guess.Taken, error) {
	tally, err := tallyOf(ctx, q, t, g.Subject)
	if err != nil {
		return g, err
	}
	next, ok := g.Rules.Subject.Take(tally, g.Origin, now)
	g.OK = ok
	if !ok {
		g.RetryAt = tally.RetryAt
	}
	var network guess.Tally
	if g.Address != "" {
		tally, err := tallyOf(ctx, q, t, g.Address)
		if err != nil {
			return g, err
		}
		if network, ok = g.Rules.Address.Take(tally, "", now); !ok {
			g.OK = false
			if tally.RetryAt.After(g.RetryAt) {
				g.RetryAt = tally.RetryAt
			}
		}
	}
	if !g.OK {
		return g, nil
	}
	if g.Address != "" {
		g.AddressFailures, g.AddressTold = network.Failures, network.Told
		if err := keep(ctx, q, t, g.Address, network, now); err != nil {
			return g, err
		}
	}
	g.Failures, g.Told = next.Failures, next.Told
	return g, keep(ctx, q, t, g.Subject, next, now)
}

func (r guesses) Forgive(ctx context.Context, t tenant.ID, g guess.Taken, proven bool) error {
	return wrap("forgive guess", r.writing(ctx, func(q *db.Queries) error { return forgive(ctx, q, t, g, proven) }))
}

func forgive(ctx context.Context, q *db.Queries, t tenant.ID, g guess.Taken, proven bool) error {
	one := func(s guess.Subject, rule guess.Rule, proven bool) error {
		if s == "" {
			return nil
		}
		row, err := q.GuessesOf(ctx, db.GuessesOfParams{TenantID: uuid.UUID(t), Subject: string(s)})
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return q.KeepGuesses(ctx, guessRow(t, s, rule.Forgive(tally(row), g.Origin, proven), row.LastDay))
	}
	if err := one(g.Address, g.Rules.Address, false); err != nil {
		return err
	}
	return one(g.Subject, g.Rules.Subject, proven)
}

func (r guesses) Refuse(ctx context.Context, f outbound.Refusal) error {
	return wrap("refuse guess", r.writing(ctx, func(q *db.Queries) error {
		if err := insertEvents(ctx, q, []event.Event{f.Event}); err != nil {
			return err
		}
		for _, e := range f.Episodes {
			n, err := q.TellOfGuesses(ctx, db.TellOfGuessesParams{TenantID: uuid.UUID(e.Tenant), Subject: string(e.Subject), Tell: int64(e.Tell)})
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			if err := insertEvents(ctx, q, []event.Event{e.Event}); err != nil {
				return err
			}
			if e.Mail == nil {
				continue
			}
			if err := insertMails(ctx, q, []mail.Mail{*e.Mail}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (r guesses) Of(ctx context.Context, t tenant.ID, s guess.Subject) (guess.Tally, error) {
	var found guess.Tally
	err := r.reading(ctx, func(q *db.Queries) (err error) {
		found, err = tallyOf(ctx, q, t, s)
		return err
	})
	return found, wrap("read guesses", err)
}

func (r guesses) Forget(ctx context.Context, t tenant.ID, subjects ...guess.Subject) error {
	return wrap("forget guesses", r.writing(ctx, func(q *db.Queries) error {
		for _, s := range subjects {
			if err := q.ForgetGuesses(ctx, db.ForgetGuessesParams{TenantID: uuid.UUID(t), Subject: string(s)}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (r guesses) RemoveForgotten(ctx context.Context, t tenant.ID, now, forgotten time.Time, limit int) (int, error) {
	var removed int64
	err := r.writing(ctx, func(q *db.Queries) (err error) {
		removed, err = q.RemoveForgottenGuesses(ctx, db.RemoveForgottenGuessesParams{
			TenantID: uuid.UUID(t), Day: day(now), ForgottenDay: day(forgotten), BatchSize: int64(limit),
		})
		return err
	})
	return int(removed), wrap("remove forgotten guesses", err)
}

func tallyOf(ctx context.Context, q *db.Queries, t tenant.ID, s guess.Subject) (guess.Tally, error) {
	row, err := q.GuessesOf(ctx, db.GuessesOfParams{TenantID: uuid.UUID(t), Subject: string(s)})
	if errors.Is(err, sql.ErrNoRows) {
		return guess.Tally{}, nil
	}
	if err != nil {
		return guess.Tally{}, err
	}
	return tally(row), nil
}

func tally(row db.Guess) guess.Tally {
	return guess.Tally{
		Failures: int(row.Failures), Since: time.UnixMicro(row.Since).UTC(), RetryAt: time.UnixMicro(row.RetryAt).UTC(),
		Origin: row.Origin, OfOrigin: int(row.OfOrigin), Told: row.Told != 0,
	}
}

func keep(ctx context.Context, q *db.Queries, t tenant.ID, s guess.Subject, of guess.Tally, now time.Time) error {
	return q.KeepGuesses(ctx, guessRow(t, s, of, day(now)))
}

func guessRow(t tenant.ID, s guess.Subject, of guess.Tally, lastDay int64) db.KeepGuessesParams {
	p := db.KeepGuessesParams{
		TenantID: uuid.UUID(t), Subject: string(s), Failures: int64(of.Failures), Since: of.Since.UnixMicro(), RetryAt: of.RetryAt.UnixMicro(),
		Origin: of.Origin, OfOrigin: int64(of.OfOrigin), LastDay: lastDay,
	}
	if of.Told {
		p.Told = 1
	}
	return p
}

// day counts the days since 1970.
func day(at time.Time) int64 { return at.Unix() / int64(24*time.Hour/time.Second) }
