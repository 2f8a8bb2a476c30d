package porttest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// grant is a token that was asked for a while after at, and works for an hour.
func grant(u user.User, p onetime.Purpose, secret byte, asked time.Duration) onetime.Grant {
	return onetime.Grant{
		Tenant: u.Tenant, User: u.ID, Purpose: p, Hash: onetime.Token{Purpose: p, Secret: [32]byte{secret}}.Hash(),
		Address: u.Email, Redirect: "https://app.example.com/in", AskedAt: at.Add(asked), ExpiresAt: at.Add(asked + time.Hour),
	}
}

func presentedLater(g onetime.Grant) outbound.MailedToken {
	return outbound.MailedToken{Tenant: g.Tenant, Purpose: g.Purpose, Hash: g.Hash, Now: g.ExpiresAt.Add(-time.Microsecond)}
}

func email(text string) user.Email {
	e, _ := user.ParseEmail(text)
	return e
}

func withdrawal(u user.User, after time.Duration) outbound.Withdrawal {
	return outbound.Withdrawal{Tenant: u.Tenant, User: u.ID, At: at.Add(after), Until: at.Add(after + 48*time.Hour)}
}

func testMailedTokens(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	tokens := h.Store.MailedTokens()
	good := func(t *testing.T, g onetime.Grant) outbound.TokenHolder {
		t.Helper()
		found, err := tokens.Find(ctx, presentedLater(g))
		require.NoError(t, err)
		return found
	}
	bad := func(t *testing.T, token outbound.MailedToken) {
		t.Helper()
		_, err := tokens.Find(ctx, token)
		require.ErrorIs(t, err, outbound.ErrNotFound)
		_, err = tokens.Take(ctx, token)
		require.ErrorIs(t, err, outbound.ErrNotFound)
	}
	n := 0
	ann := func(t *testing.T) outbound.Account {
		n++
		return register(t, h.Store, "ann-"+string(rune('a'+n))+"@example.com", "")
	}

	t.Run("a token is found until it is used, and used once", func(t *testing.T) {
		a := ann(t)
		g := grant(a.User, onetime.ResetPassword, 1, 0)
		require.NoError(t, tokens.Keep(ctx, g))
		want := outbound.TokenHolder{User: a.User, Address: a.User.Email, Redirect: g.Redirect}
		require.Equal(t, want, good(t, g))
		require.Equal(t, want, good(t, g))
		got, err := tokens.Take(ctx, presentedLater(g))
		require.NoError(t, err)
		require.Equal(t, want, got)
		bad(t, presentedLater(g))
	})

	t.Run("the newest that was asked for counts, whichever was written first", func(t *testing.T) {
		a := ann(t)
		first, second, third := grant(a.User, onetime.MagicLink, 2, 0), grant(a.User, onetime.MagicLink, 3, time.Minute), grant(a.User, onetime.MagicLink, 4, 2*time.Minute)
		require.NoError(t, tokens.Keep(ctx, second))
		require.ErrorIs(t, tokens.Keep(ctx, first), outbound.ErrStale)
		bad(t, presentedLater(first))
		good(t, second)
		again := second
		again.Hash = third.Hash
		require.NoError(t, tokens.Keep(ctx, again), "the same mail, written again")
		bad(t, presentedLater(second))
		require.NoError(t, tokens.Keep(ctx, third))
		_, err := tokens.Take(ctx, presentedLater(third))
		require.NoError(t, err)
		require.ErrorIs(t, tokens.Keep(ctx, second), outbound.ErrStale, "what is used is not brought back by an older mail")
	})

	t.Run("purposes do not meet", func(t *testing.T) {
		a := ann(t)
		for i, p := range onetime.Purposes() {
			require.NoError(t, tokens.Keep(ctx, grant(a.User, p, byte(10+i), 0)))
		}
		for i, p := range onetime.Purposes() {
			g := grant(a.User, p, byte(10+i), 0)
			for _, other := range onetime.Purposes() {
				wrong := presentedLater(g)
				wrong.Purpose = other
				if other != p {
					bad(t, wrong)
				}
			}
			good(t, g)
		}
	})

	for reason, spoil := range map[string]func(t *testing.T, a outbound.Account, token *outbound.MailedToken){
		"the instant it expires": func(_ *testing.T, _ outbound.Account, token *outbound.MailedToken) {
			token.Now = token.Now.Add(time.Microsecond)
		},
		"another tenant": func(_ *testing.T, _ outbound.Account, token *outbound.MailedToken) { token.Tenant = tenant.ID{9} },
		"another hash":   func(_ *testing.T, _ outbound.Account, token *outbound.MailedToken) { token.Hash[0]++ },
		"a suspended user": func(t *testing.T, a outbound.Account, _ *outbound.MailedToken) {
			h.Exec(t, "UPDATE users SET status = 'suspended' WHERE id = '"+a.User.ID.String()+"'")
		},
		"a user with another address": func(t *testing.T, a outbound.Account, _ *outbound.MailedToken) {
			h.Exec(t, "UPDATE users SET email = 'x-"+a.User.Email.String()+"', email_key = 'x-"+a.User.Email.Key()+"' WHERE id = '"+a.User.ID.String()+"'")
		},
		"one that was withdrawn": func(t *testing.T, a outbound.Account, _ *outbound.MailedToken) {
			require.NoError(t, tokens.Withdraw(ctx, withdrawal(a.User, time.Minute)))
		},
	} {
		t.Run("not for "+reason, func(t *testing.T) {
			a := ann(t)
			g := grant(a.User, onetime.VerifyEmail, byte(20+n), 0)
			require.NoError(t, tokens.Keep(ctx, g))
			token := presentedLater(g)
			spoil(t, a, &token)
			bad(t, token)
		})
	}

	t.Run("none is kept that would be good for nothing", func(t *testing.T) {
		a := ann(t)
		elsewhere := grant(a.User, onetime.ResetPassword, 60, 0)
		elsewhere.Address = email("elsewhere@example.com")
		require.ErrorIs(t, tokens.Keep(ctx, elsewhere), outbound.ErrStale)
		change := grant(a.User, onetime.ChangeEmail, 61, 0)
		change.Address = email("Elsewhere@example.com")
		require.NoError(t, tokens.Keep(ctx, change), "the address that it is to have is another")
		require.Equal(t, change.Address, good(t, change).Address)
		stranger := grant(a.User, onetime.ResetPassword, 62, 0)
		stranger.Tenant = tenant.ID{9}
		require.ErrorIs(t, tokens.Keep(ctx, stranger), outbound.ErrStale)
		h.Exec(t, "UPDATE users SET status = 'suspended' WHERE id = '"+a.User.ID.String()+"'")
		require.ErrorIs(t, tokens.Keep(ctx, grant(a.User, onetime.ResetPassword, 63, 0)), outbound.ErrStale)
	})

	t.Run("what was asked for before a withdrawal stays withdrawn", func(t *testing.T) {
		a, b := ann(t), ann(t)
		require.NoError(t, tokens.Withdraw(ctx, withdrawal(a.User, time.Minute), onetime.ChangeEmail, onetime.MagicLink))
		require.ErrorIs(t, tokens.Keep(ctx, grant(a.User, onetime.MagicLink, 70, 0)), outbound.ErrStale)
		require.NoError(t, tokens.Keep(ctx, grant(a.User, onetime.ResetPassword, 71, 0)), "another purpose")
		require.NoError(t, tokens.Keep(ctx, grant(b.User, onetime.MagicLink, 72, 0)), "another user")
		require.NoError(t, tokens.Keep(ctx, grant(a.User, onetime.MagicLink, 73, 2*time.Minute)), "asked for after it")
	})

	t.Run("what has expired is removed, a few at a time", func(t *testing.T) {
		a := ann(t)
		g := grant(a.User, onetime.MagicLink, 80, 0)
		require.NoError(t, tokens.Withdraw(ctx, withdrawal(a.User, 0)))
		require.NoError(t, tokens.Keep(ctx, g))
		left := func() (removed int) {
			for {
				n, err := tokens.Remove(ctx, tenant.Default, at.Add(365*24*time.Hour), 2)
				require.NoError(t, err)
				require.LessOrEqual(t, n, 2)
				if removed += n; n < 2 {
					return removed
				}
			}
		}
		n, err := tokens.Remove(ctx, tenant.Default, g.ExpiresAt.Add(-time.Microsecond), 100)
		require.NoError(t, err)
		require.Zero(t, n, "nothing has expired")
		good(t, g)
		n, err = tokens.Remove(ctx, tenant.ID{9}, g.ExpiresAt, 100)
		require.NoError(t, err)
		require.Zero(t, n, "nobody else's")
		require.Positive(t, left())
		bad(t, presentedLater(g))
		require.Zero(t, left())
	})

	t.Run("in a transaction its use is undone with the rest", func(t *testing.T) {
		a := ann(t)
		g := grant(a.User, onetime.VerifyEmail, 90, 0)
		require.NoError(t, tokens.Keep(ctx, g))
		err := h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			_, err := tx.MailedTokens().Take(ctx, presentedLater(g))
			require.NoError(t, err)
			_, err = tx.MailedTokens().Take(ctx, presentedLater(g))
			require.ErrorIs(t, err, outbound.ErrNotFound)
			return errOnPurpose
		})
		require.ErrorIs(t, err, errOnPurpose)
		good(t, g)
	})

	t.Run("of many at once, one uses it", func(t *testing.T) {
		a := ann(t)
		g := grant(a.User, onetime.MagicLink, 100, 0)
		require.NoError(t, tokens.Keep(ctx, g))
		var won atomic.Int32
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range 32 {
			wg.Go(func() {
				<-start
				err := h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
					_, err := tx.MailedTokens().Take(ctx, presentedLater(g))
					return err
				})
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, outbound.ErrNotFound):
					t.Errorf("take: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, 1, won.Load())
	})
}

func testProofsOfMailboxes(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	boxes := h.Store.Mailboxes()
	read := func(t *testing.T, a outbound.Account) (user.User, string) {
		t.Helper()
		u, hash, err := h.Store.Users().WithPassword(ctx, tenant.Default, a.User.ID)
		require.NoError(t, err)
		return u, hash
	}
	// state is what a token of the account's tells of its mailbox.
	state := func(t *testing.T, a outbound.Account) user.Mailbox {
		t.Helper()
		u, _ := read(t, a)
		id := newID()
		g := grant(u, onetime.Invitation, 1, 100*24*time.Hour)
		g.Hash = [32]byte(append(id[:], id[:]...))
		require.NoError(t, h.Store.MailedTokens().Keep(ctx, g))
		found, err := h.Store.MailedTokens().Take(ctx, presentedLater(g))
		require.NoError(t, err)
		return found.Mailbox
	}
	later := at.Add(time.Hour)

	t.Run("the first proof is told from others", func(t *testing.T) {
		a := register(t, h.Store, "ann@example.com", "")
		proof := outbound.MailboxProof{Tenant: tenant.Default, User: a.User.ID, At: later}
		first, err := boxes.Verify(ctx, proof)
		require.NoError(t, err)
		require.True(t, first)
		u, hash := read(t, a)
		require.True(t, u.EmailVerified)
		require.Equal(t, later, u.UpdatedAt)
		require.Equal(t, a.PasswordHash, hash)
		require.Equal(t, user.Mailbox{Verified: true}, state(t, a), "who has the mailbox need not hold the account")
		proof.At, proof.ByHolder = later.Add(time.Hour), true
		first, err = boxes.Verify(ctx, proof)
		require.NoError(t, err)
		require.False(t, first)
		u, _ = read(t, a)
		require.Equal(t, later, u.UpdatedAt)
		require.Equal(t, user.Mailbox{Verified: true, Owned: true}, state(t, a))
		proof.Tenant = tenant.ID{9}
		first, err = boxes.Verify(ctx, proof)
		require.NoError(t, err)
		require.False(t, first)
	})

	t.Run("an account that begins verified is its owner's", func(t *testing.T) {
		a := account("bob@example.com", "")
		a.User.EmailVerified = true
		require.NoError(t, h.Store.Users().Register(ctx, a))
		require.Equal(t, user.Mailbox{Verified: true, Owned: true}, state(t, a))
	})

	t.Run("a claim takes away what somebody else may have prepared", func(t *testing.T) {
		a, b := register(t, h.Store, "cat@example.com", ""), register(t, h.Store, "dan@example.com", "")
		tokens := h.Store.MailedTokens()
		change := grant(a.User, onetime.ChangeEmail, 2, 0)
		change.Address = email("evil@example.com")
		require.NoError(t, tokens.Keep(ctx, change))
		require.NoError(t, boxes.Claim(ctx, outbound.Claim{Withdrawal: withdrawal(a.User, time.Hour)}))
		u, hash := read(t, a)
		require.True(t, u.EmailVerified)
		require.Equal(t, later, u.UpdatedAt)
		require.Empty(t, hash)
		require.Equal(t, user.Mailbox{Verified: true, Owned: true}, state(t, a))
		_, err := tokens.Take(ctx, presentedLater(change))
		require.ErrorIs(t, err, outbound.ErrNotFound)
		require.ErrorIs(t, tokens.Keep(ctx, change), outbound.ErrStale, "nor is it mailed after that")
		f := a.Session.Device.Fingerprint(a.User.ID)
		_, err = h.Store.Activity().Device(ctx, tenant.Default, a.User.ID, f)
		require.ErrorIs(t, err, outbound.ErrNotFound, "no device is known")

		u, hash = read(t, b)
		require.Equal(t, b.User, u, "nobody else's")
		require.Equal(t, b.PasswordHash, hash)

		require.NoError(t, boxes.Claim(ctx, outbound.Claim{Withdrawal: withdrawal(a.User, 2*time.Hour), PasswordHash: "a new hash"}))
		_, hash = read(t, a)
		require.Equal(t, "a new hash", hash)
		require.NoError(t, boxes.Claim(ctx, outbound.Claim{Withdrawal: withdrawal(a.User, 3*time.Hour), PasswordHash: "a third"}))
		_, hash = read(t, a)
		require.Equal(t, "a third", hash)
	})

	t.Run("nobody claims the account of a user who may not act", func(t *testing.T) {
		a := register(t, h.Store, "eve@example.com", "")
		h.Exec(t, "UPDATE users SET status = 'suspended' WHERE id = '"+a.User.ID.String()+"'")
		require.ErrorIs(t, h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			return tx.Mailboxes().Claim(ctx, outbound.Claim{Withdrawal: withdrawal(a.User, time.Hour), PasswordHash: "another"})
		}), outbound.ErrStale)
		u, hash := read(t, a)
		require.False(t, u.EmailVerified)
		require.Equal(t, a.PasswordHash, hash)
	})

	t.Run("an account moves to a free address", func(t *testing.T) {
		a, b := register(t, h.Store, "fay@example.com", ""), register(t, h.Store, "gus@example.com", "")
		to := email("Fay@elsewhere.example")
		move := outbound.AddressMove{Tenant: tenant.Default, User: a.User.ID, Was: a.User.Email, To: to, At: later}
		taken := move
		taken.To = b.User.Email
		require.ErrorIs(t, boxes.Move(ctx, taken), outbound.ErrConflict)
		require.NoError(t, boxes.Move(ctx, move))
		u, _ := read(t, a)
		require.Equal(t, to, u.Email)
		require.True(t, u.EmailVerified)
		require.Equal(t, later, u.UpdatedAt)
		require.Equal(t, user.Mailbox{Verified: true}, state(t, a), "the new mailbox may be a stranger's")
		require.ErrorIs(t, boxes.Move(ctx, move), outbound.ErrStale, "it has another address by then")
		move.Was, move.To, move.ByHolder = to, email("fay@another.example"), true
		require.NoError(t, boxes.Move(ctx, move))
		require.Equal(t, user.Mailbox{Verified: true, Owned: true}, state(t, a))
		_, _, err := h.Store.Users().ForSignIn(ctx, tenant.Default, user.Identifier{Email: a.User.Email})
		require.ErrorIs(t, err, outbound.ErrNotFound)
		register(t, h.Store, "fay@example.com", "")
	})
}
