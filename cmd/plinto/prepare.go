package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/outbound"
)

// prepare brings the schema up to date, if it is to, and loads the keys and what
// was revoked. It
// answers an error that waiting does not mend as it is, and outbound's or
// fault's unavailability when it may be mended.
func (p *program) prepare(ctx context.Context) error {
	if p.config.Database.AutoMigrate {
		if err := p.migrate(ctx); err != nil {
			return err
		}
	}
	h := p.store.Health(ctx)
	if h.Err != nil {
		return h.Err
	}
	if !h.Ready() {
		return fmt.Errorf("%w: the schema is at version %d and %d is needed: run plinto migrate up", outbound.ErrUnavailable, h.Migrations.Current, h.Migrations.Expected)
	}
	if n, err := p.store.adopt(ctx); err != nil {
		return err
	} else if n > 0 {
		p.log.InfoContext(ctx, "events of a restored backup are readable again", slog.Int64("events", n))
	}
	if err := p.services.Keys.Load(ctx); err != nil {
		return err
	}
	return p.services.Revocations.Load(ctx)
}

func (p *program) migrate(ctx context.Context) error {
	// A schema that is up to date needs no connection of its own.
	before := p.store.Health(ctx)
	if before.Ready() || before.Err != nil {
		return before.Err
	}
	err := p.store.schema(ctx, func(m outbound.Migrator) error {
		steps, err := m.Up(ctx)
		for _, s := range steps {
			p.log.InfoContext(ctx, "migrated", slog.Int64("version", s.Version), slog.String("name", s.Name), slog.Duration("took", s.Duration))
		}
		return err
	})
	if err == nil {
		return nil
	}
	// Another program may be doing the same work, or the database may have
	// gone, which waiting mends; anything else it does not.
	switch h := p.store.Health(ctx); {
	case h.Ready():
		return nil
	case h.Err != nil:
		return errors.Join(h.Err, err)
	case h.Migrations.Current > before.Migrations.Current:
		return fmt.Errorf("%w: the schema is being moved: %w", outbound.ErrUnavailable, err)
	}
	return err
}

// patience is how long between two tries at something that is away.
const patience = time.Second

// prepareWhenever prepares until it has succeeded, for as long as trying again
// may help. It says once what it waits for.
func (p *program) prepareWhenever(ctx context.Context) error {
	told := ""
	for {
		err := p.prepare(ctx)
		if err == nil || !mayPass(err) {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		if text := err.Error(); text != told {
			p.log.WarnContext(ctx, "not ready yet", slog.Any("error", err))
			told = text
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(patience):
		}
	}
}

func mayPass(err error) bool {
	return errors.Is(err, outbound.ErrUnavailable) || fault.CodeOf(err) == fault.Unavailable || errors.Is(err, context.Canceled)
}
