package sqlite

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

type feed struct {
	repositories
	opened time.Time
}

// Feed implements outbound.Store.
func (s *Store) Feed() outbound.Feed { return feed{s.repositories, s.opened} }

// SharedFeed implements outbound.Store.
func (s *Store) SharedFeed() outbound.Feed { return s.Feed() }

func (r feed) Revocations(ctx context.Context, t tenant.ID, since time.Time, text outbound.Mark, limit int) (outbound.FeedPage, error) {
	m, err := readMark(text)
	if err != nil {
		return outbound.FeedPage{}, err
	}
	// An older file may have been put in place of this one meanwhile.
	begin := text == "" || m.opened != r.opened.UnixMicro()
	page := outbound.FeedPage{Events: []event.Recorded{}}
	err = r.reading(ctx, func(q *db.Queries) error {
		if begin {
			m.opened = r.opened.UnixMicro()
			if m.sequence, err = start(ctx, q, t, since); err != nil {
				return err
			}
		}
		rows, err := q.FeedPage(ctx, db.FeedPageParams{TenantID: uuid.UUID(t), Sequence: m.sequence, PageSize: int64(limit)})
		if err != nil {
			return err
		}
		for _, row := range rows {
			e, err := recorded(row)
			if err != nil {
				return err
			}
			page.Events = append(page.Events, e)
			m.sequence = row.Sequence
		}
		page.More = len(rows) == limit
		return nil
	})
	page.Next = m.text()
	return page, wrap("read feed", err)
}

// start is the event before the first that happened since a time, or the last of
// all. It looks at the end of the log first, so that what is written meanwhile
// lies behind it.
func start(ctx context.Context, q *db.Queries, t tenant.ID, since time.Time) (int64, error) {
	last, err := q.LatestEvents(ctx, db.LatestEventsParams{TenantID: uuid.UUID(t), PageSize: 1})
	if err != nil {
		return 0, err
	}
	first, err := q.FeedStart(ctx, db.FeedStartParams{TenantID: uuid.UUID(t), Since: column.Micros(since)})
	switch {
	case err != nil:
		return 0, err
	case len(first) > 0:
		return first[0] - 1, nil
	case len(last) > 0:
		return last[0].Sequence, nil
	}
	return 0, nil
}

// mark is the last event that was read, in the file as it was opened at a time.
type mark struct{ opened, sequence int64 }

func (m mark) text() outbound.Mark {
	return outbound.Mark(strconv.FormatInt(m.opened, 10) + "/" + strconv.FormatInt(m.sequence, 10))
}

func readMark(text outbound.Mark) (mark, error) {
	if text == "" {
		return mark{}, nil
	}
	opened, sequence, _ := strings.Cut(string(text), "/")
	var m mark
	var err error
	if m.opened, err = strconv.ParseInt(opened, 10, 64); err != nil {
		return mark{}, outbound.ErrMark
	}
	if m.sequence, err = strconv.ParseInt(sequence, 10, 64); err != nil {
		return mark{}, outbound.ErrMark
	}
	return m, nil
}
