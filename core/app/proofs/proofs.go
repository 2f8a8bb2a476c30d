// Package proofs checks, for the use cases, that callers hold the keys they
// claim, and lets each proof be used once.
package proofs

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/proof"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Proofs.
type Service struct {
	world outbound.World
	rule  proof.Rule
}

var _ inbound.Proofs = (*Service)(nil)

// New makes a Service.
func New(w outbound.World, r proof.Rule) *Service { return &Service{world: w, rule: r} }

// Nonce implements inbound.Proofs.
func (s *Service) Nonce() string { return s.rule.Nonces.At(s.world.Clock.Now()) }

// Algorithms implements inbound.Proofs.
func (s *Service) Algorithms() []string { return proof.Algorithms() }

// Proven is a good proof that is still to be used. The zero Proven stands for
// none.
type Proven struct {
	used outbound.UsedProof
}

// Key is the thumbprint of the key that was proved; empty when none was.
func (p Proven) Key() string { return p.used.KeyThumbprint }

// Read checks the proof that came with a call, if there is one, and asks no
// store. The access token is the one presented with it; empty when none was.
// Faults: InvalidProof, ProofNonceNeeded.
func (s *Service) Read(caller inbound.Caller, accessToken string) (Proven, error) {
	sent := caller.Proof
	if sent.Text == "" {
		return Proven{}, nil
	}
	claims, err := s.world.Proofs.Read(sent.Text)
	if err != nil {
		return Proven{}, refusal(err)
	}
	until, err := s.rule.Check(claims, proof.Request{Method: sent.Method, URI: sent.URI, AccessToken: accessToken}, s.world.Clock.Now())
	if err != nil {
		return Proven{}, refusal(err)
	}
	return Proven{outbound.UsedProof{
		Tenant: caller.Tenant, KeyThumbprint: claims.KeyThumbprint, IDHash: claims.Hash(), ExpiresAt: until.Add(proof.Margin),
	}}, nil
}

// Use uses a proof up, in one round trip; none takes none. Fault: InvalidProof
// when it was used before. Any other error means that this is not known, and
// that the call must not go on.
func (s *Service) Use(ctx context.Context, p Proven) error {
	if p.Key() == "" {
		return nil
	}
	err := s.world.Store.UsedProofs().Use(ctx, p.used)
	if errors.Is(err, outbound.ErrConflict) {
		return fault.New(fault.InvalidProof).Because(err)
	}
	return err
}

// Confirm holds the proof of a call against an access token that is bound to the
// key with this thumbprint, or to none when it is empty. Faults: InvalidToken
// when the token is presented as what it is not or by another key, and those of
// Read and Use.
func (s *Service) Confirm(ctx context.Context, caller inbound.Caller, accessToken, thumbprint string) error {
	switch {
	case thumbprint == "" && caller.Proof.Presented:
		return fault.New(fault.InvalidToken)
	case thumbprint == "":
		return nil
	case !caller.Proof.Presented:
		return fault.New(fault.InvalidToken).Because(proof.ErrBearer)
	case caller.Proof.Text == "":
		return fault.New(fault.InvalidProof)
	}
	p, err := s.Read(caller, accessToken)
	if err != nil {
		return err
	}
	if p.Key() != thumbprint {
		return fault.New(fault.InvalidToken)
	}
	return s.Use(ctx, p)
}

func refusal(err error) error {
	if errors.Is(err, proof.ErrNonce) {
		return fault.New(fault.ProofNonceNeeded).Because(err)
	}
	if errors.Is(err, proof.ErrInvalid) {
		return fault.New(fault.InvalidProof).Because(err)
	}
	return err
}
