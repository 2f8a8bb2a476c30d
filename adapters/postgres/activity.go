package postgres

import (
	"context"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

type activity struct{ repositories }

var _ outbound.Activity = activity{}

func (r activity) Record(ctx context.Context, t tenant.ID, list []session.Activity) error {
	touch := db.TouchSessionsParams{TenantID: uuid.UUID(t)}
	see := db.SeeAddressesParams{TenantID: uuid.UUID(t)}
	for _, a := range list {
		touch.Sessions = append(touch.Sessions, uuid.UUID(a.Session))
		touch.Instants = append(touch.Instants, a.LastAt)
		for _, seen := range a.Addresses {
			see.Sessions = append(see.Sessions, uuid.UUID(a.Session))
			see.Addresses = append(see.Addresses, seen.Address)
			see.FirstSeen = append(see.FirstSeen, seen.FirstAt)
			see.LastSeen = append(see.LastSeen, seen.LastAt)
		}
	}
	if len(list) == 0 {
		return nil
	}
	// The addresses wait for sessions that somebody locks, in the order of
	// their ids as everybody does; what follows waits for none, and so may
	// hold them in any order.
	_, err := r.batch(ctx, func(q *db.Queries) error {
		if err := q.SeeAddresses(ctx, see); err != nil {
			return err
		}
		if err := q.ForgetAddresses(ctx, db.ForgetAddressesParams{TenantID: see.TenantID, Sessions: touch.Sessions, Most: session.MaxAddresses}); err != nil {
			return err
		}
		return q.TouchSessions(ctx, touch)
	})
	return wrap("record activity", err)
}

func (r activity) Addresses(ctx context.Context, t tenant.ID, id session.ID) ([]session.SeenAddress, error) {
	list := []session.SeenAddress{}
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.ListAddresses(ctx, db.ListAddressesParams{TenantID: uuid.UUID(t), SessionID: uuid.UUID(id)})
		for _, row := range rows {
			list = append(list, session.SeenAddress{Address: row.Address, FirstAt: row.FirstSeenAt.UTC(), LastAt: row.LastSeenAt.UTC()})
		}
		return err
	})
	return list, wrap("list addresses", err)
}

func (r activity) Device(ctx context.Context, t tenant.ID, owner user.ID, f session.Fingerprint) (session.KnownDevice, error) {
	var d session.KnownDevice
	err := r.query(ctx, func(q *db.Queries) error {
		row, err := q.DeviceByFingerprint(ctx, db.DeviceByFingerprintParams{TenantID: uuid.UUID(t), UserID: uuid.UUID(owner), Fingerprint: f[:]})
		d = knownDevice(row)
		return err
	})
	return d, wrap("find device", err)
}

func (r activity) Devices(ctx context.Context, t tenant.ID, owner user.ID) ([]session.KnownDevice, error) {
	list := []session.KnownDevice{}
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.ListDevices(ctx, db.ListDevicesParams{TenantID: uuid.UUID(t), UserID: uuid.UUID(owner)})
		for _, row := range rows {
			list = append(list, knownDevice(row))
		}
		return err
	})
	return list, wrap("list devices", err)
}

func knownDevice(row db.Device) session.KnownDevice {
	return session.KnownDevice{
		Device:      session.Device{Name: row.Name, Type: session.DeviceType(row.Type), Browser: row.Browser, OS: row.Os},
		FirstSeenAt: row.FirstSeenAt.UTC(), LastSeenAt: row.LastSeenAt.UTC(),
	}
}

// insertFirstUse stores where the first session of an account was opened.
func insertFirstUse(ctx context.Context, q *db.Queries, s session.Session) error {
	f := s.Device.Fingerprint(s.User)
	if err := q.InsertFirstDevice(ctx, db.InsertFirstDeviceParams{
		TenantID: uuid.UUID(s.Tenant), UserID: uuid.UUID(s.User), Fingerprint: f[:],
		Name: s.Device.Name, Type: string(s.Device.Type), Browser: s.Device.Browser, Os: s.Device.OS, SeenAt: s.CreatedAt,
	}); err != nil {
		return err
	}
	return insertFirstAddress(ctx, q, s)
}

func insertFirstAddress(ctx context.Context, q *db.Queries, s session.Session) error {
	return q.InsertFirstAddress(ctx, db.InsertFirstAddressParams{TenantID: uuid.UUID(s.Tenant), SessionID: uuid.UUID(s.ID)})
}

// meetDevice is the part of opening a session that remembers where from. Its
// statements find nothing to do when the session was refused.
func meetDevice(ctx context.Context, q *db.Queries, s session.Session, newDevice db.InsertEventParams, notice db.InsertMailParams) error {
	if err := insertFirstAddress(ctx, q, s); err != nil {
		return err
	}
	f := s.Device.Fingerprint(s.User)
	if err := q.MeetDevice(ctx, db.MeetDeviceParams{
		TenantID: uuid.UUID(s.Tenant), SessionID: uuid.UUID(s.ID), Fingerprint: f[:],
		EventName: newDevice.Name, EventActor: newDevice.Actor, EventSubject: newDevice.Subject, EventRequestID: newDevice.RequestID,
		EventAddress: newDevice.Address, EventPayload: newDevice.Payload, EventOccurredAt: newDevice.OccurredAt,
		MailIsOwed: notice.Kind != "", MailID: notice.ID, MailKind: notice.Kind, MailRecipient: notice.Recipient, MailRecipientKey: notice.RecipientKey,
		MailDetails: notice.Details, MailRequestID: notice.RequestID, MailCreatedAt: notice.CreatedAt,
	}); err != nil {
		return err
	}
	if err := q.SeeDevice(ctx, db.SeeDeviceParams{
		TenantID: uuid.UUID(s.Tenant), UserID: uuid.UUID(s.User), Fingerprint: f[:], SessionID: uuid.UUID(s.ID),
		SeenAt: s.CreatedAt, Name: s.Device.Name, Browser: s.Device.Browser,
	}); err != nil {
		return err
	}
	return q.ForgetDevices(ctx, db.ForgetDevicesParams{TenantID: uuid.UUID(s.Tenant), UserID: uuid.UUID(s.User), Most: session.MaxKnownDevices})
}
