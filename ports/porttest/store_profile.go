package porttest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

func testProfiles(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()
	read := func(t *testing.T, who user.ID) user.User {
		t.Helper()
		u, err := users.ByID(ctx, tenant.Default, who)
		require.NoError(t, err)
		return u
	}
	changed := func(t *testing.T, u user.User, e user.Edits) user.User {
		t.Helper()
		changes, faults := user.ParseChanges(e)
		require.Empty(t, faults)
		next, fields, faults := changes.Apply(u, at.Add(time.Hour))
		require.Empty(t, faults)
		require.NotEmpty(t, fields)
		return next
	}

	t.Run("every field is stored, and removed again", func(t *testing.T) {
		ann := register(t, h.Store, "ann@example.com", "ann").User
		require.EqualValues(t, 1, ann.Revision)
		next := changed(t, ann, user.Edits{
			Username: user.Set("Ann_Lee"), FirstName: user.Set("Zoë"), LastName: user.Set("Lee"), DisplayName: user.Set("Z. 🦊"),
			ImageURL: user.Set("https://example.com/a.png"), PhoneNumber: user.Set("+351912345678"), Timezone: user.Set("Europe/Lisbon"),
			Locale: user.Set("pt-PT"), Metadata: user.Set(`{"b":[1,2.50],"a":null,"c":{"<":"&"}}`),
		})
		require.NoError(t, users.UpdateProfile(ctx, next))
		got := read(t, ann.ID)
		require.JSONEq(t, `{"b":[1,2.50],"c":{"<":"&"}}`, string(got.Metadata))
		next.Metadata = got.Metadata
		require.Equal(t, next, got)
		require.EqualValues(t, 2, got.Revision)
		name, _ := user.ParseUsername("ann_lee")
		found, _, err := users.ForSignIn(ctx, tenant.Default, user.Identifier{Username: name})
		require.NoError(t, err)
		require.Equal(t, ann.ID, found.ID)

		none := user.Remove()
		bare := changed(t, got, user.Edits{
			Username: none, FirstName: none, LastName: none, DisplayName: none, ImageURL: none, PhoneNumber: none, Timezone: none, Locale: none, Metadata: none,
		})
		require.NoError(t, users.UpdateProfile(ctx, bare))
		require.Equal(t, bare, read(t, ann.ID))
		require.Equal(t, user.Profile{}, bare.Profile)
		_, _, err = users.ForSignIn(ctx, tenant.Default, user.Identifier{Username: name})
		require.ErrorIs(t, err, outbound.ErrNotFound)
	})

	t.Run("a name that is somebody's is a conflict", func(t *testing.T) {
		register(t, h.Store, "first@example.com", "taken")
		second := register(t, h.Store, "second@example.com", "").User
		require.ErrorIs(t, users.UpdateProfile(ctx, changed(t, second, user.Edits{Username: user.Set("TAKEN"), FirstName: user.Set("X")})), outbound.ErrConflict)
		require.Equal(t, second, read(t, second.ID))
	})

	t.Run("of two changes of one revision the first wins", func(t *testing.T) {
		bob := register(t, h.Store, "bob@example.com", "").User
		one, two := changed(t, bob, user.Edits{FirstName: user.Set("One")}), changed(t, bob, user.Edits{LastName: user.Set("Two")})
		require.NoError(t, users.UpdateProfile(ctx, one))
		require.ErrorIs(t, users.UpdateProfile(ctx, two), outbound.ErrStale)
		require.Equal(t, one, read(t, bob.ID))
	})

	t.Run("the second waits for the first, and then finds it", func(t *testing.T) {
		cat := register(t, h.Store, "cat@example.com", "").User
		one, two := changed(t, cat, user.Edits{FirstName: user.Set("One")}), changed(t, cat, user.Edits{LastName: user.Set("Two")})
		second := make(chan error, 1)
		require.NoError(t, h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			if err := tx.Users().UpdateProfile(ctx, one); err != nil {
				return err
			}
			go func() { second <- users.UpdateProfile(context.WithoutCancel(t.Context()), two) }()
			return nil
		}))
		require.ErrorIs(t, <-second, outbound.ErrStale)
		require.Equal(t, one, read(t, cat.ID))
	})

	t.Run("of many at once one wins, each time", func(t *testing.T) {
		dan := register(t, h.Store, "dan@example.com", "").User
		for round := range 3 {
			var won atomic.Int32
			var wg sync.WaitGroup
			for n := range 8 {
				next := changed(t, dan, user.Edits{FirstName: user.Set(fmt.Sprintf("%d.%d", round, n))})
				wg.Go(func() {
					switch err := users.UpdateProfile(ctx, next); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, outbound.ErrStale):
						t.Errorf("update: %v", err)
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, 1, won.Load())
			dan = read(t, dan.ID)
			require.EqualValues(t, 2+round, dan.Revision)
		}
	})

	t.Run("another tenant's and nobody's are stale", func(t *testing.T) {
		eve := register(t, h.Store, "eve@example.com", "").User
		next := changed(t, eve, user.Edits{FirstName: user.Set("Eve")})
		next.Tenant = tenant.ID{9}
		require.ErrorIs(t, users.UpdateProfile(ctx, next), outbound.ErrStale)
		next.Tenant, next.ID = tenant.Default, newID()
		require.ErrorIs(t, users.UpdateProfile(ctx, next), outbound.ErrStale)
		require.Equal(t, eve, read(t, eve.ID))
	})

	t.Run("whatever is shown of an account counts, a sign-in does not", func(t *testing.T) {
		fay := register(t, h.Store, "fay@example.com", "")
		require.NoError(t, h.Store.Sessions().Open(ctx, opening(newSession(fay.User), fay.PasswordHash)))
		require.EqualValues(t, 1, read(t, fay.User.ID).Revision)
		require.NoError(t, users.ChangePassword(ctx, passwordChange(fay, "another hash")))
		require.EqualValues(t, 2, read(t, fay.User.ID).Revision)
		require.NoError(t, users.ChangeStatus(ctx, outbound.StatusChange{
			Tenant: tenant.Default, User: fay.User.ID, Was: user.Active, To: user.Suspended, At: at,
		}))
		require.EqualValues(t, 3, read(t, fay.User.ID).Revision)
	})
}

// stubDomains knows one international name.
type stubDomains struct{}

func (stubDomains) Forms(domain string) (ascii, unicode string, ok bool) {
	switch strings.ToLower(domain) {
	case "exämple.com", "xn--exmple-cua.com":
		return "xn--exmple-cua.com", "exämple.com", true
	}
	return "", "", false
}

func testMailboxes(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	mailbox := func(t *testing.T, address string) outbound.Account {
		t.Helper()
		a := account("somebody@example.com", "")
		var faults []fault.Field
		a.User.Email, faults = user.ParseAddress(address, stubDomains{})
		require.Empty(t, faults)
		return a
	}

	t.Run("an international address is kept as typed and found by either form", func(t *testing.T) {
		a := mailbox(t, "Ann@exämple.com")
		require.NoError(t, h.Store.Users().Register(ctx, a))
		for _, form := range []string{"ann@EXÄMPLE.com", "ANN@xn--exmple-cua.com"} {
			got, _, err := h.Store.Users().ForSignIn(ctx, tenant.Default, identifier(mailbox(t, form).User))
			require.NoError(t, err, form)
			require.Equal(t, a.User, got)
			require.Equal(t, "Ann@exämple.com", got.Email.String())
			require.Equal(t, "Ann@xn--exmple-cua.com", got.Email.ASCII())
		}
		require.ErrorIs(t, h.Store.Users().Register(ctx, mailbox(t, "ann@xn--exmple-cua.com")), outbound.ErrConflict)
	})

	t.Run("of many who want one mailbox at once, one gets it", func(t *testing.T) {
		forms := []string{"race@exämple.com", "Race@EXÄMPLE.com", "race@xn--exmple-cua.com", "RACE@XN--EXMPLE-CUA.COM"}
		var won atomic.Int32
		var wg sync.WaitGroup
		start := make(chan struct{})
		for n := range 32 {
			a := mailbox(t, forms[n%len(forms)])
			wg.Go(func() {
				<-start
				switch err := h.Store.Users().Register(ctx, a); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, outbound.ErrConflict):
					t.Errorf("register: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, 1, won.Load())
	})
}
