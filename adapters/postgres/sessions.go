package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/plinto/plinto/adapters/internal/transaction"
	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

type sessions struct{ repositories }

func (r sessions) Open(ctx context.Context, o outbound.Opening) error {
	s := o.Session
	happened, err := eventRow(o.Event)
	if err != nil {
		return err
	}
	displaced, err := eventRow(o.Displaced)
	if err != nil {
		return err
	}
	newDevice, err := eventRow(o.NewDevice)
	if err != nil {
		return err
	}
	notice, err := noticeRow(o.Notice)
	if err != nil {
		return err
	}
	touched, err := r.batch(ctx, func(q *db.Queries) error {
		if err := q.LockUser(ctx, db.LockUserParams{TenantID: uuid.UUID(s.Tenant), ID: uuid.UUID(s.User)}); err != nil {
			return err
		}
		if _, err := q.OpenSession(ctx, db.OpenSessionParams{
			TenantID: uuid.UUID(s.Tenant), ID: uuid.UUID(s.ID), UserID: uuid.UUID(s.User), PasswordHash: o.PasswordHash, Unasked: o.Unasked,
			Address: s.Address, UserAgent: s.UserAgent,
			DeviceName: s.Device.Name, DeviceType: string(s.Device.Type), Browser: s.Device.Browser, Os: s.Device.OS,
			Methods: strings.Join(s.Methods, " "), AuthenticatedAt: s.AuthenticatedAt,
			CreatedAt: s.CreatedAt, LastActivityAt: s.LastActivityAt, ExpiresAt: s.ExpiresAt, EndsAt: s.EndsAt,
			SecretHash: s.Rotation.SecretHash[:], Generation: int64(s.Rotation.Generation), RotatedAt: s.Rotation.RotatedAt,
			KeyThumbprint: s.KeyThumbprint,
			EventName:     happened.Name, EventActor: happened.Actor, EventSubject: happened.Subject, EventRequestID: happened.RequestID,
			EventAddress: happened.Address, EventPayload: happened.Payload, EventOccurredAt: happened.OccurredAt,
		}); err != nil {
			return err
		}
		if err := forgive(ctx, q, s.Tenant, o.Guess, proof{session: s.ID, at: s.AuthenticatedAt}); err != nil {
			return err
		}
		if err := meetDevice(ctx, q, s, newDevice, notice); err != nil || o.Most == 0 {
			return err
		}
		_, err := q.DisplaceSessions(ctx, db.DisplaceSessionsParams{
			TenantID: uuid.UUID(s.Tenant), UserID: uuid.UUID(s.User), Opened: uuid.UUID(s.ID), OthersKept: int64(o.Most) - 1,
			EndedAt: s.CreatedAt, EndReason: string(session.Displaced), IdleSince: o.Lifetime.IdleSince(s.CreatedAt),
			EventName: displaced.Name, EventActor: displaced.Actor, EventRequestID: displaced.RequestID,
			EventAddress: displaced.Address, EventPayload: displaced.Payload, EventOccurredAt: displaced.OccurredAt,
		})
		return err
	})
	switch {
	case errors.Is(err, transaction.ErrSerialization):
		// Stale is about the user; nothing is known of them here.
		err = fmt.Errorf("%w: %v", outbound.ErrUnavailable, err) //nolint:errorlint // what it says, and not what it is
	case err == nil && touched[1] == 0:
		err = outbound.ErrStale
	}
	return wrap("open session", err)
}

func (r sessions) ByID(ctx context.Context, t tenant.ID, id session.ID) (session.Session, error) {
	var s session.Session
	err := r.query(ctx, func(q *db.Queries) error {
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
	err := r.query(ctx, func(q *db.Queries) error {
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
	err := r.query(ctx, func(q *db.Queries) error {
		row, err := q.RotateSession(ctx, db.RotateSessionParams{
			TenantID: uuid.UUID(o.Tenant), ID: uuid.UUID(o.Session),
			PresentedHash: o.Presented.Hash[:], NextHash: o.Presented.NextHash[:], Generation: int64(o.Presented.Generation),
			KeyThumbprint: o.Presented.KeyThumbprint,
			Now:           o.Now, IdleSince: o.Lifetime.IdleSince(o.Now), ExpiresAt: o.Now.Add(o.Lifetime.Sliding),
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
	happened, err := eventRow(a.Event)
	if err != nil {
		return session.Session{}, err
	}
	var s session.Session
	err = r.ask(ctx, func(q *db.Queries) error {
		row, err := q.ReauthenticateSession(ctx, db.ReauthenticateSessionParams{
			TenantID: uuid.UUID(a.Tenant), ID: uuid.UUID(a.Session), UserID: uuid.UUID(a.Owner), PasswordHash: a.PasswordHash,
			Methods: strings.Join(a.Methods, " "), At: a.At, IdleSince: a.Lifetime.IdleSince(a.At),
			EventName: happened.Name, EventActor: happened.Actor, EventSubject: happened.Subject, EventRequestID: happened.RequestID,
			EventAddress: happened.Address, EventPayload: happened.Payload, EventOccurredAt: happened.OccurredAt,
		})
		if err != nil {
			return err
		}
		s, err = restoreSession(db.Session(row))
		return err
	}, func(q *db.Queries) error {
		return forgive(ctx, q, a.Tenant, a.Guess, proof{session: a.Session, at: a.At})
	})
	if errors.Is(err, outbound.ErrNotFound) {
		err = outbound.ErrStale
	}
	return s, wrap("reauthenticate session", err)
}

func (r sessions) End(ctx context.Context, e outbound.Ending) error {
	happened, err := eventRow(e.Event)
	if err != nil {
		return err
	}
	err = r.query(ctx, func(q *db.Queries) error {
		n, err := q.EndSession(ctx, db.EndSessionParams{
			TenantID: uuid.UUID(e.Tenant), ID: uuid.UUID(e.Session), UserID: uuid.UUID(e.Owner),
			EndedAt: &e.At, EndReason: string(e.Reason), IdleSince: e.Lifetime.IdleSince(e.At),
			EventName: happened.Name, EventActor: happened.Actor, EventSubject: happened.Subject, EventRequestID: happened.RequestID,
			EventAddress: happened.Address, EventPayload: happened.Payload, EventOccurredAt: happened.OccurredAt,
		})
		if err == nil && n == 0 {
			return outbound.ErrNotFound
		}
		return err
	})
	return wrap("end session", err)
}

func (r sessions) EndOthers(ctx context.Context, e outbound.EndingOthers) ([]session.ID, error) {
	var ended []session.ID
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.EndOtherSessions(ctx, db.EndOtherSessionsParams{
			TenantID: uuid.UUID(e.Tenant), UserID: uuid.UUID(e.Owner), Keep: uuid.UUID(e.Keep),
			EndedAt: &e.At, EndReason: string(e.Reason), IdleSince: e.Lifetime.IdleSince(e.At),
		})
		slices.SortFunc(rows, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
		for _, id := range rows {
			ended = append(ended, session.ID(id))
		}
		return err
	})
	return ended, wrap("end other sessions", err)
}

func (r sessions) ListLive(ctx context.Context, t tenant.ID, owner user.ID, now time.Time, life session.Lifetime, before session.ID, limit int) ([]session.Session, error) {
	if before.IsZero() {
		before = session.ID(uuid.Max)
	}
	list := []session.Session{}
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.ListLiveSessions(ctx, db.ListLiveSessionsParams{
			TenantID: uuid.UUID(t), UserID: uuid.UUID(owner), Before: uuid.UUID(before),
			Now: now, IdleSince: life.IdleSince(now), PageSize: int32(min(limit, 1<<20)),
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
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.ListSessionsOfUser(ctx, db.ListSessionsOfUserParams{
			TenantID: uuid.UUID(t), UserID: uuid.UUID(owner), Before: uuid.UUID(before), PageSize: int32(min(limit, 1<<20)),
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
	err := r.query(ctx, func(q *db.Queries) error {
		var err error
		last := uuid.UUID(e.Last)
		next, err = q.SessionAfterOthers(ctx, db.SessionAfterOthersParams{
			TenantID: uuid.UUID(e.Tenant), After: uuid.UUID(e.After), Last: last, Others: int32(min(max(e.Limit, 1), 1<<20) - 1),
		})
		switch {
		case err == nil:
			last = next
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		rows, err := q.EndSessionsBetween(ctx, db.EndSessionsBetweenParams{
			TenantID: uuid.UUID(e.Tenant), After: uuid.UUID(e.After), Last: last, EndedAt: &e.At, EndReason: string(e.Reason),
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
	err := r.query(ctx, func(q *db.Queries) (err error) {
		removed, err = q.RemoveSessions(ctx, db.RemoveSessionsParams{TenantID: uuid.UUID(t), OverBy: overBy, BatchSize: int32(min(limit, 1<<20))})
		return err
	})
	return int(removed), wrap("remove sessions", err)
}

func sessionRow(s session.Session) db.InsertSessionParams {
	return db.InsertSessionParams{
		TenantID: uuid.UUID(s.Tenant), ID: uuid.UUID(s.ID), UserID: uuid.UUID(s.User),
		Address: s.Address, UserAgent: s.UserAgent,
		DeviceName: s.Device.Name, DeviceType: string(s.Device.Type), Browser: s.Device.Browser, Os: s.Device.OS,
		Methods: strings.Join(s.Methods, " "), AuthenticatedAt: s.AuthenticatedAt,
		CreatedAt: s.CreatedAt, LastActivityAt: s.LastActivityAt, ExpiresAt: s.ExpiresAt, EndsAt: s.EndsAt,
		EndedAt: s.EndedAt, EndReason: string(s.EndReason),
		SecretHash: s.Rotation.SecretHash[:], Generation: int64(s.Rotation.Generation), RotatedAt: s.Rotation.RotatedAt,
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
			Methods: strings.Fields(row.Methods), AuthenticatedAt: row.AuthenticatedAt.UTC(),
			CreatedAt: row.CreatedAt.UTC(), LastActivityAt: row.LastActivityAt.UTC(),
			ExpiresAt: row.ExpiresAt.UTC(), EndsAt: row.EndsAt.UTC(), EndedAt: utc(row.EndedAt),
			KeyThumbprint: row.KeyThumbprint, BoundGeneration: bound,
			Rotation: session.Rotation{Generation: generation, RotatedAt: row.RotatedAt.UTC()},
		},
		DeviceType: row.DeviceType, EndReason: row.EndReason, SecretHash: row.SecretHash,
	})
}

// utc moves an optional instant to UTC; the driver gives local time.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
