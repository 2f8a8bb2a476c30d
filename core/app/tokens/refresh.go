package tokens

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Refresh implements inbound.Tokens. The common case is one statement; only a
// token that is not the current one is looked at more closely. A forged token
// reaches no store. A proof takes one round trip more, to be used once.
func (s *Service) Refresh(ctx context.Context, caller inbound.Caller, refreshToken string) (inbound.TokenPair, error) {
	pair, err := s.refresh(ctx, caller, refreshToken)
	return pair, failure.Of(err)
}

func (s *Service) refresh(ctx context.Context, caller inbound.Caller, refreshToken string) (inbound.TokenPair, error) {
	presented, err := s.issuer.Keyring.Parse(refreshToken)
	if err != nil {
		if err := s.guard.Admit(ctx, caller); err != nil {
			return inbound.TokenPair{}, err
		}
		return inbound.TokenPair{}, fault.New(fault.InvalidRefreshToken).Because(err)
	}
	proven, err := s.proofs.Read(caller, "")
	if err != nil {
		if limited := s.guard.Admit(ctx, caller); limited != nil {
			return inbound.TokenPair{}, limited
		}
		return inbound.TokenPair{}, err
	}
	if err := s.guard.Refresh(ctx, caller, presented.Session, proven.Key()); err != nil {
		return inbound.TokenPair{}, err
	}
	// A session must not move on when nobody can be given what comes next.
	if err := s.world.Signer.Ready(); err != nil {
		return inbound.TokenPair{}, err
	}
	if err := s.proofs.Use(ctx, proven); err != nil {
		return inbound.TokenPair{}, err
	}
	now := s.world.Clock.Now()
	moved, err := s.present(ctx, caller, presented, proven.Key(), now)
	if err != nil {
		return inbound.TokenPair{}, err
	}
	s.used.Note(caller.Tenant, moved.ID, caller.Address, now)
	return s.issuer.Tokens(moved, s.issuer.Keyring.Next(presented), now)
}

// tries is how often a verdict may be overtaken by another before we give up.
const tries = 3

// present moves the session of a genuine token on, or finds it moved on
// already by the same token within the grace, or refuses. The thumbprint is of
// the key that the caller has proved to hold; empty when there is none.
func (s *Service) present(ctx context.Context, caller inbound.Caller, r token.Refresh, thumbprint string, now time.Time) (session.Session, error) {
	p := s.issuer.Keyring.Present(r)
	p.KeyThumbprint = thumbprint
	refused := fault.New(fault.InvalidRefreshToken)
	for range tries {
		moved, err := s.rotate(ctx, outbound.Rotation{
			Tenant: caller.Tenant, Session: r.Session, Presented: p, Now: now, Lifetime: s.issuer.Life,
		})
		if !errors.Is(err, outbound.ErrStale) {
			return moved, err
		}
		found, owner, err := s.world.Store.Sessions().WithUser(ctx, caller.Tenant, r.Session)
		if errors.Is(err, outbound.ErrNotFound) {
			return session.Session{}, refused.Because(err)
		}
		if err != nil {
			return session.Session{}, err
		}
		verdict := token.Judge(p, found, owner.Status.MayAct(), now, s.issuer.Life, s.grace)
		//exhaustive:enforce
		switch verdict {
		case token.Rotate:
			continue // it became current again between the two looks; try once more
		case token.Repeat:
			return found, nil
		case token.Reused, token.Lost:
			if err := s.end(ctx, caller, found.ID, owner.ID, verdict, now); err != nil {
				return session.Session{}, err
			}
		case token.Refuse:
		}
		return session.Session{}, refused.Because(fmt.Errorf("verdict %q", verdict))
	}
	return session.Session{}, outbound.ErrUnavailable
}

// slowest is how long a rotation may take where there is no grace to eat into.
const slowest = 5 * time.Second

// rotate bounds a rotation to half the grace. The grace runs from when the
// rotation was asked for, so one that waited longer for the store would leave
// its client no time to ask again.
func (s *Service) rotate(ctx context.Context, r outbound.Rotation) (session.Session, error) {
	bound := slowest
	if s.grace > 0 {
		bound = min(bound, s.grace/2)
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	return s.world.Store.Sessions().Rotate(ctx, r)
}

// end ends the session that a verdict ends, and commits that before the caller
// is refused. When it is over already, another presentation ended it.
func (s *Service) end(ctx context.Context, caller inbound.Caller, id session.ID, owner user.ID, v token.Verdict, now time.Time) error {
	reason, _ := v.EndReason()
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		err := tx.Sessions().End(ctx, outbound.Ending{
			Tenant: caller.Tenant, Session: id, Owner: owner, Reason: reason, At: now, Lifetime: s.issuer.Life,
			Event: event.Ended(caller.Origin(), event.Anonymous, id, owner, reason, now),
		})
		if err != nil || reason != session.ReuseDetected {
			return err
		}
		return tx.Events().Append(ctx, event.ReuseFound(caller.Origin(), id, owner, now))
	})
	if err == nil || errors.Is(err, outbound.ErrNotFound) {
		s.revoked.Ended(now, id)
		return nil
	}
	return err
}
