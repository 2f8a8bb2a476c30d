package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

type events struct{ repositories }

func (r events) Append(ctx context.Context, list ...event.Event) error {
	err := r.writing(ctx, func(q *db.Queries) error { return insertEvents(ctx, q, list) })
	return wrap("append events", err)
}

func (r events) After(ctx context.Context, t tenant.ID, p event.Position, limit int) ([]event.Recorded, error) {
	var list []event.Recorded
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.EventsAfter(ctx, db.EventsAfterParams{
			TenantID: uuid.UUID(t), Sequence: p.Sequence, PageSize: int64(limit),
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			e, err := recorded(row)
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
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.LatestEvents(ctx, db.LatestEventsParams{TenantID: uuid.UUID(t), PageSize: int64(limit)})
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

func (r events) OfUser(ctx context.Context, t tenant.ID, who user.ID, names []event.Name, before event.Position, limit int) ([]event.Recorded, error) {
	p := db.EventsOfUserParams{
		TenantID: uuid.UUID(t), UserID: optionalID(who), Names: ",", Sequence: before.Sequence, PageSize: int64(limit),
	}
	if before.IsZero() {
		p.Sequence = math.MaxInt64
	}
	for _, n := range names {
		p.Names += string(n) + ","
	}
	var list []event.Recorded
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.EventsOfUser(ctx, p)
		if err != nil {
			return err
		}
		for _, row := range rows {
			e, err := recorded(row)
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
		RequestID: e.RequestID, Address: e.Address, Payload: string(payload), OccurredAt: column.Micros(e.At),
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

func recorded(row db.Event) (event.Recorded, error) {
	e := event.Recorded{
		Event: event.Event{
			Tenant: tenant.ID(row.TenantID), Name: event.Name(row.Name), Actor: row.Actor, Subject: row.Subject,
			RequestID: row.RequestID, Address: row.Address, At: row.OccurredAt.Time(),
		},
		Position: event.Position{Sequence: row.Sequence},
	}
	if row.UserID != nil {
		e.User = user.ID(*row.UserID)
	}
	if err := json.Unmarshal([]byte(row.Payload), &e.Payload); err != nil {
		return event.Recorded{}, fmt.Errorf("read payload of event %d: %w", row.Sequence, err)
	}
	return e, nil
}
