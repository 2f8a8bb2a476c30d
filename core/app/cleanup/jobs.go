package cleanup

import (
	"context"
	"time"

	"github.com/plinto/plinto/ports/outbound"
)

// jobs lists everything that is removed. Each removes at most limit rows and
// gives their number; fewer means that no more are left. A row that another
// transaction holds is left for the next time.
func jobs(p Policy) []*job {
	return []*job{
		{name: "sessions", remove: func(ctx context.Context, tx outbound.Repositories, now time.Time, limit int) (int, error) {
			return tx.Sessions().Remove(ctx, p.Tenant, now.Add(-p.Sessions), limit)
		}},
		{name: "proofs", remove: func(ctx context.Context, tx outbound.Repositories, now time.Time, limit int) (int, error) {
			return tx.UsedProofs().DeleteExpired(ctx, p.Tenant, now, limit)
		}},
		{name: "idempotency_keys", remove: func(ctx context.Context, tx outbound.Repositories, now time.Time, limit int) (int, error) {
			return tx.IdempotencyKeys().DeleteExpired(ctx, p.Tenant, now, limit)
		}},
		{name: "mails", remove: func(ctx context.Context, tx outbound.Repositories, now time.Time, limit int) (int, error) {
			return tx.Outbox().RemoveDead(ctx, p.Tenant, now.Add(-p.DeadMails), limit)
		}},
		{name: "mailed_tokens", remove: func(ctx context.Context, tx outbound.Repositories, now time.Time, limit int) (int, error) {
			return tx.MailedTokens().Remove(ctx, p.Tenant, now, limit)
		}},
		{name: "guesses", remove: func(ctx context.Context, tx outbound.Repositories, now time.Time, limit int) (int, error) {
			return tx.Guesses().RemoveForgotten(ctx, p.Tenant, now, now.Add(-p.Guesses), limit)
		}},
	}
}
