package idempotency

import (
	"context"
	"errors"
	"fmt"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/idempotency"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// attempt implements inbound.Attempt.
type attempt struct {
	service *Service
	caller  inbound.Caller
	mark    idempotency.Mark
	claim   [16]byte
}

// End implements inbound.Attempt, in one round trip. One that took longer than
// its lease may find the key somebody else's, which is then as it should be.
func (a *attempt) End(ctx context.Context, o inbound.Outcome) error {
	keys := a.service.world.Store.IdempotencyKeys()
	if !decided(o.Refusal) {
		return failure.Of(keys.Release(ctx, a.caller.Tenant, a.mark.Hash, a.claim))
	}
	random := a.service.world.Random.Secret()
	sealed, err := a.mark.Seal(o.Answer, [12]byte(random[:]))
	if err != nil {
		return fmt.Errorf("seal answer: %w", err)
	}
	err = keys.Keep(ctx, outbound.IdempotentAnswer{
		Tenant: a.caller.Tenant, KeyHash: a.mark.Hash, Claim: a.claim, Sealed: sealed, User: o.User,
	})
	if errors.Is(err, outbound.ErrStale) {
		return nil
	}
	return failure.Of(err)
}

// decided tells the answers that are kept. What was done is done; and what
// stood against something was refused for good, so that a straggler under the
// same key does not do it after all when that is gone. Any other refusal did
// nothing and may fall out otherwise: the client may put it right, or come back
// later, under the key that it has.
func decided(refusal fault.Code) bool {
	return refusal == "" || refusal.Kind() == fault.KindConflict
}
