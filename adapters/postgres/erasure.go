package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Erase implements outbound.Users. The update of the user comes first: since it
// changes a key, it waits for those who hold the row by a share of its key, as
// whoever stores something for a user does, and has them wait. Older versions of the rows stay in the
// server's files until they are vacuumed, as of every change.
func (r users) Erase(ctx context.Context, e outbound.Erasure) error {
	return wrap("erase user", r.speak(ctx, func(s speaker) error {
		return pgx.BeginFunc(ctx, s, func(tx pgx.Tx) error {
			q := db.New(tx)
			n, err := q.EraseUser(ctx, db.EraseUserParams{
				TenantID: uuid.UUID(e.Tenant), ID: uuid.UUID(e.User), Was: e.Was, TombstoneKey: user.Tombstone(e.User), At: e.At,
			})
			if err != nil {
				return err
			}
			if n == 0 {
				return outbound.ErrStale
			}
			return eraseTraces(ctx, q, e)
		})
	}))
}

// eraseTraces removes what other tables have of a user: a statement each.
func eraseTraces(ctx context.Context, q *db.Queries, e outbound.Erasure) error {
	t, id := uuid.UUID(e.Tenant), uuid.UUID(e.User)
	for _, erase := range []func() error{
		func() error {
			return q.EraseGuesses(ctx, db.EraseGuessesParams{TenantID: t, UserID: id, Account: string(guess.Account(e.User))})
		},
		func() error { return q.ErasePassword(ctx, db.ErasePasswordParams{TenantID: t, UserID: id}) },
		func() error {
			return q.EraseIdempotentAnswers(ctx, db.EraseIdempotentAnswersParams{TenantID: t, UserID: &id})
		},
		func() error { return q.EraseDevices(ctx, db.EraseDevicesParams{TenantID: t, UserID: id}) },
		func() error {
			return q.EraseMailedTokens(ctx, db.EraseMailedTokensParams{TenantID: t, UserID: id})
		},
		func() error { return q.EraseSessions(ctx, db.EraseSessionsParams{TenantID: t, UserID: id}) },
		func() error { return q.EraseAddresses(ctx, db.EraseAddressesParams{TenantID: t, UserID: id}) },
		func() error {
			return q.EraseEvents(ctx, db.EraseEventsParams{TenantID: t, UserID: id, Actor: event.OfUser(e.User), Kept: event.KeptMembers()})
		},
		func() error {
			return q.EraseTraces(ctx, db.EraseTracesParams{TenantID: t, Actor: event.OfUser(e.User)})
		},
	} {
		if err := erase(); err != nil {
			return err
		}
	}
	return nil
}
