package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

type sessions struct{ repositories }

func (r sessions) Open(ctx context.Context, o outbound.Opening) error {
	s := o.Session
	return wrap("open session", r.writing(ctx, func(q *db.Queries) error {
		at := column.Micros(s.CreatedAt)
		n, err := q.RecordSignIn(ctx, db.RecordSignInParams{
			TenantID: uuid.UUID(s.Tenant), ID: uuid.UUID(s.User), PasswordHash: o.PasswordHash, Unasked: o.Unasked, At: &at,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return outbound.ErrStale
		}
		if err := q.InsertSession(ctx, sessionRow(s)); err != nil {
			return err
		}
		if err := insertEvents(ctx, q, []event.Event{o.Event}); err != nil {
			return err
		}
		if err := forgive(ctx, q, s.Tenant, o.Guess, true); err != nil {
			return err
		}
		if err := meetDevice(ctx, q, s, o.NewDevice, o.Notice); err != nil || o.Most == 0 {
			return err
		}
		return displace(ctx, q, o)
	}))
}

// displace ends the oldest sessions beyond those that the user may have.
func displace(ctx context.Context, q *db.Queries, o outbound.Opening) error {
	s := o.Session
	ended, err := q.DisplaceSessions(ctx, db.DisplaceSessionsParams{
		TenantID: uuid.UUID(s.Tenant), UserID: uuid.UUID(s.User), Opened: uuid.UUID(s.ID), OthersKept: int64(o.Most) - 1,
		EndedAt: column.Optional(&s.CreatedAt), EndReason: string(session.Displaced), IdleSince: column.Micros(o.Lifetime.IdleSince(s.CreatedAt)),
	})
	if err != nil {
		return err
	}
	happened := make([]event.Event, 0, len(ended))
	for _, id := range ascending(ended) {
		e := o.Displaced
		e.Subject = event.OfSession(id)
		happened = append(happened, e)
	}
	return insertEvents(ctx, q, happened)
}

// ascending gives ids in their order: the engine promises none.
func ascending(rows []uuid.UUID) []session.ID {
	slices.SortFunc(rows, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	ids := make([]session.ID, 0, len(rows))
	for _, id := range rows {
		ids = append(ids, session.ID(id))
	}
	return ids
}

func (r sessions) ByID(ctx context.Context, t tenant.ID, id session.ID) (session.Session, error) {
	var s session.Session
	err := r.reading(ctx, func(q *db.Queries) error {
		row, err := q.SessionByID(ctx, db.SessionByIDParams{TenantID: uuid.UUID(t), ID: uuid.UUID(id)})
		if err != nil {
			return err
		}
		s, err = restoreSession(row)
		return err
	})
	return s, wrap("find session", err)
}

func (r sessions) WithUser(ctx context.Context, t tenant.ID, id session.ID) (session.Session, user.User, error) {
	var s session.Session
	var u user.User
	err := r.reading(ctx, func(q *db.Queries) error {
		row, err := q.SessionWithUser(ctx, db.SessionWithUserParams{TenantID: uuid.UUID(t), ID: uuid.UUID(id)})
		if err != nil {
			return err
		}
		if s, err = restoreSession(row.Session); err != nil {
			return err
		}
		u, err = restoreUser(row.User)
		return err
	})
	return s, u, wrap("find session and user", err)
}

func (r sessions) Rotate(ctx context.Context, o outbound.Rotation) (session.Session, error) {
	var s session.Session
	err := r.writing(ctx, func(q *db.Queries) error {
		row, err := q.RotateSession(ctx, db.RotateSessionParams{
			TenantID: uuid.UUID(o.Tenant), ID: uuid.UUID(o.Session),
			PresentedHash: o.Presented.Hash[:], NextHash: o.Presented.NextHash[:], Generation: int64(o.Presented.Generation),
			KeyThumbprint: o.Presented.KeyThumbprint,
			Now:           column.Micros(o.Now), IdleSince: column.Micros(o.Lifetime.IdleSince(o.Now)), ExpiresAt: column.Micros(o.Now.Add(o.Lifetime.Sliding)),
		})
		if err != nil {
			return err
		}
		s, err = restoreSession(row)
		return err
	})
	if errors.Is(err, outbound.ErrNotFound) {
		err = outbound.ErrStale
	}
	return s, wrap("rotate session", err)
}

func (r sessions) Reauthenticate(ctx context.Context, a outbound.Reauthentication) (session.Session, error) {
	var s session.Session
	err := r.writing(ctx, func(q *db.Queries) error {
		row, err := q.ReauthenticateSession(ctx, db.ReauthenticateSessionParams{
			TenantID: uuid.UUID(a.Tenant), ID: uuid.UUID(a.Session), UserID: uuid.UUID(a.Owner), PasswordHash: a.PasswordHash,
			Methods: strings.Join(a.Methods, " "), At: column.Micros(a.At), IdleSince: column.Micros(a.Lifetime.IdleSince(a.At)),
		})
		if err != nil {
			return err
		}
		if s, err = restoreSession(row); err != nil {
			return err
		}
		if err := forgive(ctx, q, a.Tenant, a.Guess, true); err != nil {
			return err
		}
		return insertEvents(ctx, q, []event.Event{a.Event})
	})
	if errors.Is(err, outbound.ErrNotFound) {
		err = outbound.ErrStale
	}
	return s, wrap("reauthenticate session", err)
}

func (r sessions) End(ctx context.Context, e outbound.Ending) error {
	return wrap("end session", r.writing(ctx, func(q *db.Queries) error {
		n, err := q.EndSession(ctx, db.EndSessionParams{
			TenantID: uuid.UUID(e.Tenant), ID: uuid.UUID(e.Session), UserID: uuid.UUID(e.Owner),
			EndedAt: column.Optional(&e.At), EndReason: string(e.Reason), IdleSince: column.Micros(e.Lifetime.IdleSince(e.At)),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return outbound.ErrNotFound
		}
		return insertEvents(ctx, q, []event.Event{e.Event})
	}))
}

func (r sessions) EndOthers(ctx context.Context, e outbound.EndingOthers) ([]session.ID, error) {
	var ended []session.ID
	err := r.writing(ctx, func(q *db.Queries) error {
		rows, err := q.EndOtherSessions(ctx, db.EndOtherSessionsParams{
			TenantID: uuid.UUID(e.Tenant), UserID: uuid.UUID(e.Owner), Keep: uuid.UUID(e.Keep),
			EndedAt: column.Optional(&e.At), EndReason: string(e.Reason), IdleSince: column.Micros(e.Lifetime.IdleSince(e.At)),
		})
		ended = ascending(rows)
		return err
	})
	return ended, wrap("end other sessions", err)
}

func (r sessions) ListLive(ctx context.Context, t tenant.ID, owner user.ID, now time.Time, life session.Lifetime, before session.ID, limit int) ([]session.Session, error) {
	if before.IsZero() {
		before = session.ID(uuid.Max)
	}
	list := []session.Session{}
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.ListLiveSessions(ctx, db.ListLiveSessionsParams{
			TenantID: uuid.UUID(t), UserID: uuid.UUID(owner), Before: uuid.UUID(before),
			Now: column.Micros(now), IdleSince: column.Micros(life.IdleSince(now)), PageSize: int64(limit),
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			s, err := restoreSession(row)
			if err != nil {
				return err
			}
			list = append(list, s)
		}
		return nil
	})
	return list, wrap("list sessions", err)
}

func (r sessions) OfUser(ctx context.Context, t tenant.ID, owner user.ID, before session.ID, limit int) ([]session.Session, error) {
	if before.IsZero() {
		before = session.ID(uuid.Max)
	}
	list := []session.Session{}
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.ListSessionsOfUser(ctx, db.ListSessionsOfUserParams{
			TenantID: uuid.UUID(t), UserID: uuid.UUID(owner), Before: uuid.UUID(before), PageSize: int64(limit),
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			s, err := restoreSession(row)
			if err != nil {
				return err
			}
			list = append(list, s)
		}
		return nil
	})
	return list, wrap("list sessions of a user", err)
}

func (r sessions) EndNext(ctx context.Context, e outbound.EndingNext) ([]outbound.Ended, session.ID, error) {
	var ended []outbound.Ended
	var next uuid.UUID
	err := r.writing(ctx, func(q *db.Queries) error {
		var err error
		last := uuid.UUID(e.Last)
		next, err = q.SessionAfterOthers(ctx, db.SessionAfterOthersParams{
			TenantID: uuid.UUID(e.Tenant), After: uuid.UUID(e.After), Last: last, Others: int64(max(e.Limit, 1) - 1),
		})
		switch {
		case err == nil:
			last = next
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		rows, err := q.EndSessionsBetween(ctx, db.EndSessionsBetweenParams{
			TenantID: uuid.UUID(e.Tenant), After: uuid.UUID(e.After), Last: last, EndedAt: column.Optional(&e.At), EndReason: string(e.Reason),
		})
		for _, row := range rows {
			ended = append(ended, outbound.Ended{Session: session.ID(row.ID), Owner: user.ID(row.UserID)})
		}
		return err
	})
	slices.SortFunc(ended, func(a, b outbound.Ended) int { return a.Session.Compare(b.Session) })
	return ended, session.ID(next), wrap("end next sessions", err)
}

func (r sessions) Remove(ctx context.Context, t tenant.ID, overBy time.Time, limit int) (int, error) {
	var removed int64
	err := r.writing(ctx, func(q *db.Queries) (err error) {
		removed, err = q.RemoveSessions(ctx, db.RemoveSessionsParams{TenantID: uuid.UUID(t), OverBy: column.Optional(&overBy), BatchSize: int64(limit)})
		return err
	})
	return int(removed), wrap("remove sessions", err)
}

func sessionRow(s session.Session) db.InsertSessionParams {
	return db.InsertSessionParams{
		TenantID: uuid.UUID(s.Tenant), ID: uuid.UUID(s.ID), UserID: uuid.UUID(s.User),
		Address: s.Address, UserAgent: s.UserAgent,
		DeviceName: s.Device.Name, DeviceType: string(s.Device.Type), Browser: s.Device.Browser, Os: s.Device.OS,
		Methods: strings.Join(s.Methods, " "), AuthenticatedAt: column.Micros(s.AuthenticatedAt),
		CreatedAt: column.Micros(s.CreatedAt), LastActivityAt: column.Micros(s.LastActivityAt),
		ExpiresAt: column.Micros(s.ExpiresAt), EndsAt: column.Micros(s.EndsAt),
		EndedAt: column.Optional(s.EndedAt), EndReason: string(s.EndReason),
		SecretHash: s.Rotation.SecretHash[:], Generation: int64(s.Rotation.Generation), RotatedAt: column.Micros(s.Rotation.RotatedAt),
		KeyThumbprint: s.KeyThumbprint, BoundGeneration: int64(s.BoundGeneration),
	}
}

func restoreSession(row db.Session) (session.Session, error) {
	generation := uint32(row.Generation)
	if int64(generation) != row.Generation {
		return session.Session{}, fmt.Errorf("session %s: stored generation %d is out of range", row.ID, row.Generation)
	}
	bound := uint32(row.BoundGeneration)
	if int64(bound) != row.BoundGeneration {
		return session.Session{}, fmt.Errorf("session %s: stored bound generation %d is out of range", row.ID, row.BoundGeneration)
	}
	return session.Restore(session.Snapshot{
		Session: session.Session{
			Tenant: tenant.ID(row.TenantID), ID: session.ID(row.ID), User: user.ID(row.UserID),
			Address: row.Address, UserAgent: row.UserAgent,
			Device:  session.Device{Name: row.DeviceName, Browser: row.Browser, OS: row.Os},
			Methods: strings.Fields(row.Methods), AuthenticatedAt: row.AuthenticatedAt.Time(),
			CreatedAt: row.CreatedAt.Time(), LastActivityAt: row.LastActivityAt.Time(),
			ExpiresAt: row.ExpiresAt.Time(), EndsAt: row.EndsAt.Time(), EndedAt: row.EndedAt.Pointer(),
			KeyThumbprint: row.KeyThumbprint, BoundGeneration: bound,
			Rotation: session.Rotation{Generation: generation, RotatedAt: row.RotatedAt.Time()},
		},
		DeviceType: row.DeviceType, EndReason: row.EndReason, SecretHash: row.SecretHash,
	})
}
