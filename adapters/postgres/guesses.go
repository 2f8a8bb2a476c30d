package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

type guesses struct{ repositories }

var _ outbound.Guesses = guesses{}

func (r guesses) ForSignIn(ctx context.Context, g outbound.SignInGuess) (outbound.Guessed, error) {
	var out outbound.Guessed
	err := r.ask(ctx, func(q *db.Queries) error {
		row, err := q.UserForSignIn(ctx, db.UserForSignInParams{TenantID: uuid.UUID(g.Tenant), Identifier: g.Who.Key()})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if row.Hash != nil {
			out.PasswordHash = *row.Hash
		}
		out.User, err = restoreUser(row.User)
		return err
	}, func(q *db.Queries) (err error) {
		out.Guess, err = takeGuess(ctx, q, g)
		return err
	})
	return out, wrap("find user for sign-in and count the guess", err)
}

func (r guesses) InSession(ctx context.Context, g outbound.SessionGuess) (outbound.Guessed, error) {
	var out outbound.Guessed
	err := r.ask(ctx, func(q *db.Queries) error {
		row, err := q.UserWithPassword(ctx, db.UserWithPasswordParams{TenantID: uuid.UUID(g.Tenant), ID: uuid.UUID(g.User)})
		if err != nil {
			return err
		}
		if row.Hash != nil {
			out.PasswordHash = *row.Hash
		}
		out.User, err = restoreUser(row.User)
		return err
	}, func(q *db.Queries) (err error) {
		out.Guess, err = takeGuess(ctx, q, outbound.SignInGuess{
			Tenant: g.Tenant, Nobody: guess.Session(g.Session), Origin: g.Origin, Rules: g.Rules, Now: g.Now,
		})
		return err
	})
	return out, wrap("find user with password and count the guess", err)
}

func takeGuess(ctx context.Context, q *db.Queries, g outbound.SignInGuess) (guess.Taken, error) {
	row, err := q.TakeGuess(ctx, db.TakeGuessParams{
		TenantID: uuid.UUID(g.Tenant), Identifier: g.Who.Key(), Nobody: string(g.Nobody), Address: string(g.Address), Origin: g.Origin,
		Device: uuid.UUID(g.Device), At: g.Now, IdleSince: g.Lifetime.IdleSince(g.Now),
		Now: g.Now.UnixMicro(), LastDay: day(g.Now),
		Waits: waits(g.Rules.Subject), Forget: forget(g.Rules.Subject),
		AddressWaits: waits(g.Rules.Address), AddressForget: forget(g.Rules.Address),
	})
	if err != nil {
		return guess.Taken{}, err
	}
	taken := guess.Taken{
		Subject: guess.Subject(row.Subject), Address: guess.Subject(row.Address), Origin: g.Origin, Rules: g.Rules,
		OK: row.Failures > 0, Failures: int(row.Failures), Told: row.Told, AddressFailures: int(row.AddressFailures), AddressTold: row.AddressTold,
	}
	switch {
	case taken.OK:
	case row.Earliest > 0:
		taken.RetryAt = time.UnixMicro(row.Earliest).UTC()
	default: // overtaken by another guess at the same moment
		taken.RetryAt = g.Now.Add(time.Second)
	}
	return taken, nil
}

func (r guesses) Forgive(ctx context.Context, t tenant.ID, g guess.Taken, proven bool) error {
	_, err := r.batch(ctx, func(q *db.Queries) error { return forgive(ctx, q, t, g, proof{proven: proven}) })
	return wrap("forgive guess", err)
}

// proof says why a guess is forgiven: because it was right, in a session that is
// looked for when it is named, or else because it was not looked at.
type proof struct {
	proven  bool
	session session.ID
	at      time.Time
}

// forgive touches the rows in the order in which takeGuess does.
func forgive(ctx context.Context, q *db.Queries, t tenant.ID, g guess.Taken, p proof) error {
	inSession := !p.session.IsZero()
	one := func(s guess.Subject, rule guess.Rule, proven bool) error {
		if s == "" {
			return nil
		}
		return q.ForgiveGuess(ctx, db.ForgiveGuessParams{
			TenantID: uuid.UUID(t), Subject: string(s), Origin: g.Origin, Proven: proven, Waits: waits(rule),
			InSession: inSession, SessionID: uuid.UUID(p.session), ProvenAt: p.at,
		})
	}
	if err := one(g.Address, g.Rules.Address, false); err != nil {
		return err
	}
	return one(g.Subject, g.Rules.Subject, p.proven || inSession)
}

func (r guesses) Refuse(ctx context.Context, f outbound.Refusal) error {
	_, err := r.batch(ctx, func(q *db.Queries) error {
		row, err := eventRow(f.Event)
		if err != nil {
			return err
		}
		if err := q.InsertEvent(ctx, row); err != nil {
			return err
		}
		for _, e := range f.Episodes {
			if err := tell(ctx, q, e); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("refuse guess", err)
}

func tell(ctx context.Context, q *db.Queries, e outbound.Episode) error {
	happened, err := eventRow(e.Event)
	if err != nil {
		return err
	}
	p := db.TellOfGuessesParams{
		TenantID: uuid.UUID(e.Tenant), Subject: string(e.Subject), Tell: int64(e.Tell),
		EventUserID: happened.UserID, EventName: happened.Name, EventActor: happened.Actor, EventSubject: happened.Subject,
		EventRequestID: happened.RequestID, EventAddress: happened.Address, EventPayload: happened.Payload, EventOccurredAt: happened.OccurredAt,
		MailDetails: []byte("{}"),
	}
	if m := e.Mail; m != nil {
		p.MailOwed, p.MailID, p.MailKind, p.MailUserID = true, uuid.UUID(m.ID), string(m.Kind), optionalID(m.User)
		if p.MailDetails, err = json.Marshal(m.Details); err != nil {
			return err
		}
	}
	return q.TellOfGuesses(ctx, p)
}

func (r guesses) Of(ctx context.Context, t tenant.ID, s guess.Subject) (guess.Tally, error) {
	var tally guess.Tally
	err := r.query(ctx, func(q *db.Queries) error {
		row, err := q.GuessesOf(ctx, db.GuessesOfParams{TenantID: uuid.UUID(t), Subject: string(s)})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		tally = guess.Tally{
			Failures: int(row.Failures), Since: time.UnixMicro(row.Since).UTC(), RetryAt: time.UnixMicro(row.RetryAt).UTC(),
			Origin: row.Origin, OfOrigin: int(row.OfOrigin), Told: row.Told,
		}
		return nil
	})
	return tally, wrap("read guesses", err)
}

func (r guesses) Forget(ctx context.Context, t tenant.ID, subjects ...guess.Subject) error {
	_, err := r.batch(ctx, func(q *db.Queries) error {
		for _, s := range subjects {
			if err := q.ForgetGuesses(ctx, db.ForgetGuessesParams{TenantID: uuid.UUID(t), Subject: string(s)}); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("forget guesses", err)
}

func (r guesses) RemoveForgotten(ctx context.Context, t tenant.ID, now, forgotten time.Time, limit int) (int, error) {
	var removed int64
	err := r.query(ctx, func(q *db.Queries) (err error) {
		removed, err = q.RemoveForgottenGuesses(ctx, db.RemoveForgottenGuessesParams{
			TenantID: uuid.UUID(t), Day: day(now), ForgottenDay: day(forgotten), BatchSize: int32(min(limit, 1<<20)),
		})
		return err
	})
	return int(removed), wrap("remove forgotten guesses", err)
}

// day counts the days since 1970.
func day(at time.Time) int64 { return at.Unix() / int64(24*time.Hour/time.Second) }

func waits(r guess.Rule) []int64 {
	all := r.Waits()
	list := make([]int64, len(all))
	for i, w := range all {
		list[i] = w.Microseconds()
	}
	return list
}

// forget is how long a failure counts, in microseconds; for ever is long.
func forget(r guess.Rule) int64 {
	if r.Forget <= 0 {
		return math.MaxInt64
	}
	return r.Forget.Microseconds()
}
