// Package transfer moves whole accounts in and out, for those who run the
// service. It hashes nothing: passwords come and go as the hashes they have.
package transfer

import (
	"context"
	"errors"
	"hash/maphash"
	"io"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Transfer.
type Service struct {
	world  outbound.World
	tenant tenant.ID
}

var _ inbound.Transfer = (*Service)(nil)

// New makes a Service.
func New(w outbound.World, t tenant.ID) *Service { return &Service{world: w, tenant: t} }

// batch is how many accounts one transaction stores, or one page gives.
const batch = 500

// attempts is how often a batch is tried in which somebody else takes names
// between a look at them and the use of them.
const attempts = 5

// Export implements inbound.Transfer.
func (s *Service) Export(ctx context.Context, each func(inbound.UserRecord) error) error {
	var after user.ID
	for {
		page, err := s.world.Store.Transfers().After(ctx, s.tenant, after, batch)
		if err != nil {
			return failure.Of(err)
		}
		for _, t := range page {
			if err := each(record(t)); err != nil {
				return err
			}
			after = t.User.ID
		}
		if len(page) < batch {
			return nil
		}
	}
}

// Import implements inbound.Transfer.
func (s *Service) Import(ctx context.Context, in inbound.Importing) (inbound.Imported, error) {
	run := running{Service: s, in: in, seen: map[uint64]struct{}{}, seed: maphash.MakeSeed()}
	err := run.all(ctx)
	return run.done, failure.Of(err)
}

// running is one import.
type running struct {
	*Service
	in   inbound.Importing
	done inbound.Imported
	// seen is of each name on earlier lines a hash, by which a repetition is
	// found in the little memory that a file of millions leaves.
	seen map[uint64]struct{}
	seed maphash.Seed
}

// entry is a record that was looked at.
type entry struct {
	line   int
	faults []fault.Field
	outbound.Transferred
	named bool // with an id of its own
}

func (r *running) all(ctx context.Context) error {
	for {
		entries, err := r.read()
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return ctx.Err()
		}
		if err := r.store(ctx, entries); err != nil {
			return err
		}
		if r.in.Progress != nil {
			r.in.Progress(r.done)
		}
	}
}

// read gives the next records, and none behind the last.
func (r *running) read() ([]entry, error) {
	var entries []entry
	for len(entries) < batch {
		next, err := r.in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		e := r.parse(next)
		if len(e.faults) == 0 {
			e.faults = r.repeats(e)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// repeats faults the names that an earlier line has, and notes the others.
func (r *running) repeats(e entry) []fault.Field {
	var faults []fault.Field
	names := map[string]string{"email": e.User.Email.Key(), "username": e.User.Username.Key()}
	if e.named {
		names["id"] = e.User.ID.String()
	}
	for _, field := range []string{"id", "email", "username"} {
		if names[field] == "" {
			continue
		}
		key := maphash.String(r.seed, field+" "+names[field])
		if _, again := r.seen[key]; again {
			faults = append(faults, fault.RecordRepeated.In(field))
		}
		r.seen[key] = struct{}{}
	}
	return faults
}

// store adds what can be added of a batch, and counts and tells the rest.
func (r *running) store(ctx context.Context, entries []entry) error {
	for range attempts {
		add, present, err := r.sort(ctx, entries)
		if err != nil {
			return err
		}
		if !r.in.DryRun && len(add) > 0 {
			err = r.world.Store.Transfers().Add(ctx, add)
		}
		if errors.Is(err, outbound.ErrConflict) {
			continue // somebody took a name meanwhile; look again
		}
		if err != nil {
			return err
		}
		r.done.Read += len(entries)
		r.done.Added += len(add)
		r.done.Present += present
		for _, e := range entries {
			if len(e.faults) > 0 {
				r.done.Refused++
				r.in.Refused(e.line, e.faults)
			}
		}
		return nil
	}
	return fault.New(fault.Conflict)
}

// sort tells what is to be added and how many are there already, and faults
// what is neither.
func (r *running) sort(ctx context.Context, entries []entry) (add []outbound.Transferred, present int, err error) {
	var users []user.User
	for _, e := range entries {
		if len(e.faults) == 0 {
			users = append(users, e.User)
		}
	}
	if len(users) == 0 {
		return nil, 0, nil
	}
	holders, err := r.world.Store.Transfers().Holders(ctx, r.tenant, users)
	if err != nil {
		return nil, 0, err
	}
	held := holding(holders)
	for i, e := range entries {
		if len(e.faults) > 0 {
			continue
		}
		there, faults := held.judge(e)
		switch {
		case len(faults) > 0:
			entries[i].faults = faults
		case there:
			present++
		default:
			add = append(add, e.Transferred)
		}
	}
	return add, present, nil
}

// names says who holds what.
type names struct {
	ids              map[user.ID]string // the keys of their addresses
	emails, username map[string]user.ID
}

func holding(holders []outbound.Holder) names {
	n := names{map[user.ID]string{}, map[string]user.ID{}, map[string]user.ID{}}
	for _, h := range holders {
		n.ids[h.ID], n.emails[h.EmailKey] = h.EmailKey, h.ID
		if h.UsernameKey != "" {
			n.username[h.UsernameKey] = h.ID
		}
	}
	return n
}

// judge tells whether the account of an entry is there already, and what is
// somebody else's of its names.
func (n names) judge(e entry) (there bool, faults []fault.Field) {
	if key, taken := n.ids[e.User.ID]; taken {
		if key == e.User.Email.Key() {
			return true, nil
		}
		faults = append(faults, fault.RecordIDTaken.In("id"))
	}
	if _, taken := n.emails[e.User.Email.Key()]; taken {
		if !e.named {
			return true, nil
		}
		faults = append(faults, fault.RecordEmailTaken.In("email"))
	}
	if _, taken := n.username[e.User.Username.Key()]; taken {
		faults = append(faults, fault.RecordUsernameTaken.In("username"))
	}
	return false, faults
}

func (r *running) imported(u user.User) []event.Event {
	return []event.Event{event.Imported(event.Origin{Tenant: r.tenant}, u.ID, r.world.Clock.Now())}
}
