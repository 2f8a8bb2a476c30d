// Package idempotency lets a request that makes something be repeated by a
// client that lost the answer, without being done twice. Who asks, for what, by
// which key and with which body is what makes two requests one.
package idempotency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/proofs"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/idempotency"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// retryAfter is how soon to ask again for a request that is under way.
const retryAfter = time.Second

// Service implements inbound.Idempotency.
type Service struct {
	world   outbound.World
	guard   *guard.Guard
	proofs  *proofs.Service
	keyring *idempotency.Keyring
}

var _ inbound.Idempotency = (*Service)(nil)

// New makes a Service. The first application key marks requests, and all of them
// find marked ones.
func New(w outbound.World, g *guard.Guard, p *proofs.Service, applicationKeys [][]byte) (*Service, error) {
	if len(applicationKeys) == 0 {
		return nil, errors.New("no application key is given")
	}
	keyring, err := idempotency.NewKeyring(applicationKeys[0], applicationKeys[1:]...)
	if err != nil {
		return nil, err
	}
	return &Service{world: w, guard: g, proofs: p, keyring: keyring}, nil
}

// Begin implements inbound.Idempotency, in one round trip to the store when the
// key is new.
func (s *Service) Begin(ctx context.Context, caller inbound.Caller, who inbound.Principal, r inbound.Repeatable) ([]byte, inbound.Attempt, error) {
	answer, a, err := s.begin(ctx, caller, who, r)
	if err != nil || answer != nil {
		return answer, nil, failure.Of(err)
	}
	return nil, a, nil
}

func (s *Service) begin(ctx context.Context, caller inbound.Caller, who inbound.Principal, r inbound.Repeatable) ([]byte, *attempt, error) {
	key, faults := idempotency.ParseKey(r.Key)
	if err := fault.Invalid(faults...); err != nil {
		return nil, nil, err
	}
	if err := s.guard.Admit(ctx, caller); err != nil {
		return nil, nil, err
	}
	request := idempotency.Request{Tenant: caller.Tenant, Operation: r.Operation, User: who.User, Key: key, Body: r.Body}
	// Somebody who is signed in has proved their key already. Of anybody else
	// the answer may bind a session to a key, so it is given again to no other.
	var proven proofs.Proven
	if who.User.IsZero() {
		var err error
		if proven, err = s.proofs.Read(caller, ""); err != nil {
			return nil, nil, err
		}
		request.KeyThumbprint = proven.Key()
	}
	marks := s.keyring.Marks(request)
	for _, earlier := range marks[1:] {
		answer, err := s.present(ctx, caller, earlier, proven)
		if answer != nil || err != nil && !errors.Is(err, errFree) {
			return answer, nil, err
		}
	}
	return s.claim(ctx, caller, marks[0], proven)
}

// claims is how often a key that is given back while it is asked for is tried.
const claims = 3

func (s *Service) claim(ctx context.Context, caller inbound.Caller, m idempotency.Mark, proven proofs.Proven) ([]byte, *attempt, error) {
	for range claims {
		a := &attempt{service: s, caller: caller, mark: m, claim: s.world.Identifiers.New()}
		now := s.world.Clock.Now()
		err := s.world.Store.IdempotencyKeys().Claim(ctx, outbound.IdempotencyClaim{
			Tenant: caller.Tenant, KeyHash: m.Hash, Fingerprint: m.Fingerprint, Claim: a.claim,
			Now: now, LeasedUntil: now.Add(idempotency.Lease), ExpiresAt: now.Add(idempotency.Lifetime),
		})
		if err == nil {
			return nil, a, nil
		}
		if !errors.Is(err, outbound.ErrConflict) {
			return nil, nil, err
		}
		answer, err := s.present(ctx, caller, m, proven)
		if !errors.Is(err, errFree) {
			return answer, nil, err
		}
	}
	return nil, nil, inProgress()
}

// errFree says that a key may be had.
var errFree = errors.New("nobody has the key")

// present gives the answer that is kept for a request, or errFree when its key
// may be had.
func (s *Service) present(ctx context.Context, caller inbound.Caller, m idempotency.Mark, proven proofs.Proven) ([]byte, error) {
	record, err := s.world.Store.IdempotencyKeys().Present(ctx, caller.Tenant, m.Hash, m.Fingerprint)
	if errors.Is(err, outbound.ErrNotFound) {
		return nil, errFree
	}
	if err != nil {
		return nil, err
	}
	switch record.Judge(m.Fingerprint, s.world.Clock.Now()) {
	case idempotency.Free:
		return nil, errFree
	case idempotency.InProgress:
		return nil, inProgress()
	case idempotency.Replay:
	default:
		return nil, fault.New(fault.IdempotencyKeyReused)
	}
	if err := s.proofs.Use(ctx, proven); err != nil {
		return nil, err
	}
	answer, err := m.Open(record.Answer)
	if err != nil {
		return nil, fmt.Errorf("open kept answer: %w", err)
	}
	return answer, nil
}

func inProgress() error { return fault.New(fault.RequestInProgress).After(retryAfter) }
