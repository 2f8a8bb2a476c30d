package postgres

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

type feed struct{ repositories }

// Feed implements outbound.Store.
func (s *Store) Feed() outbound.Feed { return feed{repositories{speak: s.on(s.aside)}} }

// SharedFeed implements outbound.Store.
func (s *Store) SharedFeed() outbound.Feed { return feed{s.repositories} }

func (r feed) Revocations(ctx context.Context, t tenant.ID, since time.Time, text outbound.Mark, limit int) (outbound.FeedPage, error) {
	m, err := readMark(text)
	if err != nil {
		return outbound.FeedPage{}, err
	}
	var page outbound.FeedPage
	err = r.query(ctx, func(q *db.Queries) error {
		now, err := q.FeedSnapshot(ctx)
		if err != nil {
			return err
		}
		if m.server != now.Server || m.snapshot().after(snapshot(now.Snapshot)) {
			m = mark{server: now.Server}
		}
		if m.target == "" {
			if m.base == snapshot(now.Snapshot) {
				page = outbound.FeedPage{Next: m.text()}
				return nil
			}
			m.target, m.sequence = snapshot(now.Snapshot), -1
			if m.transaction, err = start(ctx, q, t, since, m); err != nil {
				return err
			}
		}
		page, err = m.read(ctx, q, t, since, min(limit, 1<<20))
		return err
	})
	return page, wrap("read feed", err)
}

// start is the first transaction that may have something new.
func start(ctx context.Context, q *db.Queries, t tenant.ID, since time.Time, m mark) (uint64, error) {
	if m.base != "" {
		return m.base.xmin(), nil
	}
	first, err := q.FeedStart(ctx, db.FeedStartParams{TenantID: uuid.UUID(t), Since: since})
	if err != nil || len(first) == 0 {
		return m.target.xmax(), err
	}
	return first[0], nil
}

// mark is a place in the feed: everything that base shows has been read, and of
// what target shows besides, everything up to a transaction and a sequence
// number. Without a base, that is all that was read; without a target, nothing
// is begun.
type mark struct {
	server       int64 // when the server began, in microseconds: nothing here means anything to another one
	base, target snapshot
	transaction  uint64
	sequence     int64
}

func (m mark) read(ctx context.Context, q *db.Queries, t tenant.ID, since time.Time, limit int) (outbound.FeedPage, error) {
	base := m.base
	if base == "" {
		base = m.target // not looked at
	}
	rows, err := q.FeedPage(ctx, db.FeedPageParams{
		TenantID: uuid.UUID(t), TransactionID: m.transaction, Sequence: m.sequence,
		FromStart: m.base == "", Since: since, Base: string(base), Target: string(m.target), PageSize: int32(limit),
	})
	if err != nil {
		return outbound.FeedPage{}, err
	}
	page := outbound.FeedPage{Events: make([]event.Recorded, 0, len(rows)), More: len(rows) == limit}
	for _, row := range rows {
		e, err := recorded(db.LatestEventsRow(row))
		if err != nil {
			return outbound.FeedPage{}, err
		}
		page.Events = append(page.Events, e)
	}
	if page.More {
		last := page.Events[limit-1].Position
		m.transaction, m.sequence = last.Transaction, last.Sequence
	} else {
		m = mark{server: m.server, base: m.target}
	}
	page.Next = m.text()
	return page, nil
}

// snapshot is the latest one that m knows of.
func (m mark) snapshot() snapshot {
	if m.target != "" {
		return m.target
	}
	return m.base
}

func (m mark) text() outbound.Mark {
	return outbound.Mark(strings.Join([]string{
		strconv.FormatInt(m.server, 10), string(m.base), string(m.target), strconv.FormatUint(m.transaction, 10), strconv.FormatInt(m.sequence, 10),
	}, "/"))
}

// maxMark is longer than any mark, in bytes: a snapshot names each transaction
// that runs.
const maxMark = 1 << 16

func readMark(text outbound.Mark) (mark, error) {
	if text == "" {
		return mark{}, nil
	}
	parts := strings.Split(string(text), "/")
	if len(text) > maxMark || len(parts) != 5 {
		return mark{}, outbound.ErrMark
	}
	m := mark{base: snapshot(parts[1]), target: snapshot(parts[2])}
	var errs [3]error
	m.server, errs[0] = strconv.ParseInt(parts[0], 10, 64)
	m.transaction, errs[1] = strconv.ParseUint(parts[3], 10, 64)
	m.sequence, errs[2] = strconv.ParseInt(parts[4], 10, 64)
	for _, err := range errs {
		if err != nil {
			return mark{}, outbound.ErrMark
		}
	}
	if m.snapshot() == "" || m.base != "" && !m.base.valid() || m.target != "" && !m.target.valid() {
		return mark{}, outbound.ErrMark
	}
	return m, nil
}

// snapshot is a pg_snapshot as text, "xmin:xmax:xip,xip,…" (PostgreSQL manual,
// section 9.27.9).
type snapshot string

// after tells whether s knows of transactions that other does not: then the
// server has lost some, and is not the one that it was.
func (s snapshot) after(other snapshot) bool { return s.xmax() > other.xmax() }

func (s snapshot) xmin() uint64 { return s.bound(0) }
func (s snapshot) xmax() uint64 { return s.bound(1) }

func (s snapshot) bound(i int) uint64 {
	parts := strings.SplitN(string(s), ":", 3)
	if len(parts) != 3 {
		return 0
	}
	n, err := strconv.ParseUint(parts[i], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// valid tells whether the server would read s.
func (s snapshot) valid() bool {
	parts := strings.Split(string(s), ":")
	// Of the 64 bits of a number the lower 32 are a transaction id, of which 0 is
	// none.
	if len(parts) != 3 || s.xmin()&math.MaxUint32 == 0 || s.xmax()&math.MaxUint32 == 0 || s.xmin() > s.xmax() {
		return false
	}
	if parts[2] == "" {
		return true
	}
	last := s.xmin() - 1
	for text := range strings.SplitSeq(parts[2], ",") {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || n <= last || n >= s.xmax() {
			return false
		}
		last = n
	}
	return true
}
