// Package rehash gives passwords better hashes than they have, when somebody
// proves them. It changes no password and ends no session.
package rehash

import (
	"context"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Upgrades replaces hashes that are outdated.
type Upgrades struct{ World outbound.World }

// Proved is a password that was just proved by a hash.
type Proved struct {
	Tenant   tenant.ID
	User     user.ID
	Password credential.Password
	Hash     string
}

// Upgrade gives a password a new hash if the one that it was proved by is
// outdated. It takes a hash and a round trip to the store then, and nothing
// otherwise. It tells nobody when that fails, since nobody waits for it: what was
// proved is proved, and the next time will do. Where the password was changed
// meanwhile, it keeps the change.
func (u Upgrades) Upgrade(ctx context.Context, p Proved) {
	if u.World.Hasher.Appraise(p.Hash) != outbound.HashOutdated {
		return
	}
	next, err := u.World.Hasher.Hash(ctx, p.Password)
	if err != nil {
		return
	}
	_ = u.World.Store.Users().UpgradePassword(ctx, outbound.PasswordUpgrade{Tenant: p.Tenant, User: p.User, Was: p.Hash, Next: next})
}

// Meanwhile gives the hash that a password has by now, after the store said
// that the one by which it was proved is none any more: two may prove one
// outdated hash at once, and the first to be done upgrades it. ErrStale when it is
// another password's, or nothing of the kind happened.
func (u Upgrades) Meanwhile(ctx context.Context, p Proved) (string, error) {
	if u.World.Hasher.Appraise(p.Hash) != outbound.HashOutdated {
		return "", outbound.ErrStale
	}
	_, hash, err := u.World.Store.Users().WithPassword(ctx, p.Tenant, p.User)
	if err != nil {
		return "", err
	}
	if hash == "" || hash == p.Hash {
		return "", outbound.ErrStale
	}
	match, err := u.World.Hasher.Verify(ctx, p.Password, hash)
	if err != nil {
		return "", err
	}
	if !match {
		return "", outbound.ErrStale
	}
	return hash, nil
}
