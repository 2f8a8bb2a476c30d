package sqlite

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Erase implements outbound.Users. What was there is overwritten with zeros in
// the file (secure_delete), and taken out of the log after the commit.
func (r users) Erase(ctx context.Context, e outbound.Erasure) error {
	return wrap("erase user", r.writing(ctx, func(q *db.Queries) error {
		n, err := q.EraseUser(ctx, db.EraseUserParams{
			TenantID: uuid.UUID(e.Tenant), ID: uuid.UUID(e.User), Was: e.Was, TombstoneKey: user.Tombstone(e.User), At: column.Micros(e.At),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return outbound.ErrStale
		}
		r.scrub.Store(true)
		return eraseTraces(ctx, q, e)
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
		func() error { return q.EraseAddresses(ctx, db.EraseAddressesParams{TenantID: t, UserID: id}) },
		func() error { return q.EraseSessions(ctx, db.EraseSessionsParams{TenantID: t, UserID: id}) },
		func() error {
			kept := "," + strings.Join(event.KeptMembers(), ",") + ","
			return q.EraseEvents(ctx, db.EraseEventsParams{TenantID: t, UserID: &id, Actor: event.OfUser(e.User), Kept: kept})
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

// scrubLog takes what was erased out of the write-ahead log: the log is written
// to the file and cut. While somebody still reads from it that has to wait; then
// the next write tries again, as closing does.
func (s *Store) scrubLog(ctx context.Context) {
	if !s.scrub.Load() {
		return
	}
	var busy, frames, moved int
	err := s.write.QueryRowContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	if err == nil && busy == 0 {
		s.scrub.Store(false)
	}
}
