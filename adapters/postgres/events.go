package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

type events struct{ repositories }

func (r events) Append(ctx context.Context, list ...event.Event) error {
	_, err := r.batch(ctx, func(q *db.Queries) error { return insertEvents(ctx, q, list) })
	return wrap("append events", err)
}

func (r events) After(ctx context.Context, t tenant.ID, p event.Position, limit int) ([]event.Recorded, error) {
	var list []event.Recorded
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.EventsAfter(ctx, db.EventsAfterParams{
			TenantID: uuid.UUID(t), TransactionID: p.Transaction, Sequence: p.Sequence, PageSize: int32(min(limit, 1<<20)),
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			e, err := recorded(db.LatestEventsRow(row))
			if err != nil {
				return err
			}
			list = append(list, e)
		}
		return nil
	})
	return list, wrap("read events", err)
}

func (r events) Latest(ctx context.Context, t tenant.ID, limit int) ([]event.Recorded, error) {
	var list []event.Recorded
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.LatestEvents(ctx, db.LatestEventsParams{TenantID: uuid.UUID(t), PageSize: int32(min(limit, 1<<20))})
		if err != nil {
			return err
		}
		for _, row := range slices.Backward(rows) {
			e, err := recorded(row)
			if err != nil {
				return err
			}
			list = append(list, e)
		}
		return nil
	})
	return list, wrap("read latest events", err)
}

// AdoptRestored makes events readable that a logical backup brought from
// another server, and gives their number. Without it they would be held back
// until this server has given as many transaction ids as that one had. It takes
// small steps, and may be interrupted and begun again.
func (s *Store) AdoptRestored(ctx context.Context) (int64, error) {
	var tenants []uuid.UUID
	err := s.query(ctx, func(q *db.Queries) (err error) {
		tenants, err = q.TenantsWithRestoredEvents(ctx)
		return err
	})
	var total int64
	for _, t := range tenants {
		for n := int64(adoptAtOnce); err == nil && n == adoptAtOnce; total += n {
			err = s.query(ctx, func(q *db.Queries) (err error) {
				n, err = q.AdoptRestoredEvents(ctx, db.AdoptRestoredEventsParams{TenantID: t, BatchSize: adoptAtOnce})
				return err
			})
		}
	}
	return total, wrap("adopt restored events", err)
}

// adoptAtOnce is how many events one statement adopts: far fewer than it may
// take time for.
const adoptAtOnce = 2000

func (r events) OfUser(ctx context.Context, t tenant.ID, who user.ID, names []event.Name, before event.Position, limit int) ([]event.Recorded, error) {
	wanted := make([]string, 0, len(names))
	for _, n := range names {
		wanted = append(wanted, string(n))
	}
	p := db.EventsOfUserParams{
		TenantID: uuid.UUID(t), UserID: uuid.UUID(who), Names: wanted,
		FromLast: before.IsZero(), TransactionID: before.Transaction, Sequence: before.Sequence, PageSize: int32(min(limit, 1<<20)),
	}
	var list []event.Recorded
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.EventsOfUser(ctx, p)
		if err != nil {
			return err
		}
		for _, row := range rows {
			e, err := recorded(db.LatestEventsRow(row))
			if err != nil {
				return err
			}
			list = append(list, e)
		}
		return nil
	})
	return list, wrap("read events of a user", err)
}

func insertEvents(ctx context.Context, q *db.Queries, list []event.Event) error {
	for _, e := range list {
		row, err := eventRow(e)
		if err != nil {
			return err
		}
		if err := q.InsertEvent(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

func eventRow(e event.Event) (db.InsertEventParams, error) {
	payload := []byte("{}")
	if len(e.Payload) > 0 {
		var err error
		if payload, err = json.Marshal(e.Payload); err != nil {
			return db.InsertEventParams{}, fmt.Errorf("write payload of %s: %w", e.Name, err)
		}
	}
	return db.InsertEventParams{
		TenantID: uuid.UUID(e.Tenant), UserID: optionalID(e.User), Name: string(e.Name), Actor: e.Actor, Subject: e.Subject,
		RequestID: e.RequestID, Address: e.Address, Payload: payload, OccurredAt: e.At,
	}, nil
}

// optionalID is an identifier that may identify nothing.
func optionalID(who user.ID) *uuid.UUID {
	if who.IsZero() {
		return nil
	}
	u := uuid.UUID(who)
	return &u
}

func recorded(row db.LatestEventsRow) (event.Recorded, error) {
	e := event.Recorded{
		Event: event.Event{
			Tenant: tenant.ID(row.TenantID), Name: event.Name(row.Name), Actor: row.Actor, Subject: row.Subject,
			RequestID: row.RequestID, Address: row.Address, At: row.OccurredAt.UTC(),
		},
		Position: event.Position{Transaction: row.TransactionID, Sequence: row.Sequence},
	}
	if row.UserID != nil {
		e.User = user.ID(*row.UserID)
	}
	if err := json.Unmarshal(row.Payload, &e.Payload); err != nil {
		return event.Recorded{}, fmt.Errorf("read payload of event %d: %w", row.Sequence, err)
	}
	return e, nil
}
