package sqlite

import (
	"context"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

type activity struct{ repositories }

var _ outbound.Activity = activity{}

func (r activity) Record(ctx context.Context, t tenant.ID, list []session.Activity) error {
	if len(list) == 0 {
		return nil
	}
	return wrap("record activity", r.writing(ctx, func(q *db.Queries) error {
		for _, a := range list {
			if err := record(ctx, q, t, a); err != nil {
				return err
			}
		}
		return nil
	}))
}

func record(ctx context.Context, q *db.Queries, t tenant.ID, a session.Activity) error {
	if err := q.TouchSession(ctx, db.TouchSessionParams{TenantID: uuid.UUID(t), ID: uuid.UUID(a.Session), LastAt: column.Micros(a.LastAt)}); err != nil {
		return err
	}
	for _, seen := range a.Addresses {
		if err := q.SeeAddress(ctx, db.SeeAddressParams{
			TenantID: uuid.UUID(t), ID: uuid.UUID(a.Session), Address: seen.Address,
			FirstAt: column.Micros(seen.FirstAt), LastAt: column.Micros(seen.LastAt),
		}); err != nil {
			return err
		}
	}
	return q.ForgetAddresses(ctx, db.ForgetAddressesParams{TenantID: uuid.UUID(t), SessionID: uuid.UUID(a.Session), Most: session.MaxAddresses})
}

func (r activity) Addresses(ctx context.Context, t tenant.ID, id session.ID) ([]session.SeenAddress, error) {
	list := []session.SeenAddress{}
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.ListAddresses(ctx, db.ListAddressesParams{TenantID: uuid.UUID(t), SessionID: uuid.UUID(id)})
		for _, row := range rows {
			list = append(list, session.SeenAddress{Address: row.Address, FirstAt: row.FirstSeenAt.Time(), LastAt: row.LastSeenAt.Time()})
		}
		return err
	})
	return list, wrap("list addresses", err)
}

func (r activity) Device(ctx context.Context, t tenant.ID, owner user.ID, f session.Fingerprint) (session.KnownDevice, error) {
	var d session.KnownDevice
	err := r.reading(ctx, func(q *db.Queries) error {
		row, err := q.DeviceByFingerprint(ctx, db.DeviceByFingerprintParams{TenantID: uuid.UUID(t), UserID: uuid.UUID(owner), Fingerprint: f[:]})
		d = knownDevice(row)
		return err
	})
	return d, wrap("find device", err)
}

func (r activity) Devices(ctx context.Context, t tenant.ID, owner user.ID) ([]session.KnownDevice, error) {
	list := []session.KnownDevice{}
	err := r.reading(ctx, func(q *db.Queries) error {
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
		FirstSeenAt: row.FirstSeenAt.Time(), LastSeenAt: row.LastSeenAt.Time(),
	}
}

// insertFirstUse stores where the first session of an account was opened.
func insertFirstUse(ctx context.Context, q *db.Queries, s session.Session) error {
	if _, err := insertDevice(ctx, q, s); err != nil {
		return err
	}
	return q.InsertFirstAddress(ctx, db.InsertFirstAddressParams{TenantID: uuid.UUID(s.Tenant), SessionID: uuid.UUID(s.ID)})
}

// meetDevice is the part of opening a session that remembers where from.
func meetDevice(ctx context.Context, q *db.Queries, s session.Session, newDevice event.Event, notice *mail.Mail) error {
	if err := q.InsertFirstAddress(ctx, db.InsertFirstAddressParams{TenantID: uuid.UUID(s.Tenant), SessionID: uuid.UUID(s.ID)}); err != nil {
		return err
	}
	met, err := insertDevice(ctx, q, s)
	if err != nil {
		return err
	}
	if !met {
		f := s.Device.Fingerprint(s.User)
		return q.SeeDevice(ctx, db.SeeDeviceParams{
			TenantID: uuid.UUID(s.Tenant), UserID: uuid.UUID(s.User), Fingerprint: f[:], SessionID: uuid.UUID(s.ID),
			SeenAt: column.Micros(s.CreatedAt), Name: s.Device.Name, Browser: s.Device.Browser,
		})
	}
	known, err := q.CountDevices(ctx, db.CountDevicesParams{TenantID: uuid.UUID(s.Tenant), UserID: uuid.UUID(s.User)})
	if err != nil {
		return err
	}
	if known > 1 {
		if err := insertEvents(ctx, q, []event.Event{newDevice}); err != nil {
			return err
		}
		if notice != nil {
			if err := insertMails(ctx, q, []mail.Mail{*notice}); err != nil {
				return err
			}
		}
	}
	return q.ForgetDevices(ctx, db.ForgetDevicesParams{TenantID: uuid.UUID(s.Tenant), UserID: uuid.UUID(s.User), Most: session.MaxKnownDevices})
}

// insertDevice stores the device of a session, and tells whether it was new.
func insertDevice(ctx context.Context, q *db.Queries, s session.Session) (bool, error) {
	f := s.Device.Fingerprint(s.User)
	n, err := q.MeetDevice(ctx, db.MeetDeviceParams{
		TenantID: uuid.UUID(s.Tenant), UserID: uuid.UUID(s.User), Fingerprint: f[:],
		Name: s.Device.Name, Type: string(s.Device.Type), Browser: s.Device.Browser, Os: s.Device.OS, SeenAt: column.Micros(s.CreatedAt),
	})
	return n > 0, err
}
