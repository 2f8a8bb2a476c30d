package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// imports imports records and gives the outcome and what was refused.
func (w *world) imports(dry bool, records ...inbound.UserRecord) (inbound.Imported, []string) {
	w.t.Helper()
	var refused []string
	n := 0
	done, err := w.Transfer.Import(w.t.Context(), inbound.Importing{
		DryRun: dry,
		Next: func() (inbound.UserRecord, error) {
			if n == len(records) {
				return inbound.UserRecord{}, io.EOF
			}
			r := records[n]
			n++
			r.Line = n
			return r, nil
		},
		Refused: func(line int, faults []fault.Field) {
			for _, f := range faults {
				refused = append(refused, fmt.Sprintf("%d %s %s", line, f.Name, f.Type))
			}
		},
	})
	require.NoError(w.t, err)
	return done, refused
}

func (w *world) exports() (list []inbound.UserRecord) {
	w.t.Helper()
	require.NoError(w.t, w.Transfer.Export(w.t.Context(), func(r inbound.UserRecord) error {
		list = append(list, r)
		return nil
	}))
	return list
}

const importedHash = "pbkdf2_sha256$2000$saltSalt1234$VHlHyORVXVOdj0paD42i3FoS0I0fXDcj2e0QcF4NlaY="

var imported = inbound.UserRecord{
	ID: "01980000-0000-7000-8000-000000000001", Email: "Ann@example.com", EmailVerified: true, Username: "Ann", FirstName: "Ann", LastName: "Lee",
	DisplayName: "Ann 🦊", ImageURL: "https://example.com/a.png", PhoneNumber: "+431234567", Timezone: "Europe/Vienna", Locale: "de-AT",
	Metadata: `{"plan":"pro"}`, Status: "active", CreatedAt: "2024-05-01T09:00:00.123456Z", UpdatedAt: "2024-06-01T09:00:00Z",
	LastSignInAt: "2024-07-01T09:00:00Z", PasswordHash: importedHash,
}

func TestAnImportedUserSignsInAndIsUpgraded(t *testing.T) {
	w := newWorld(t)
	done, refused := w.imports(false, imported)
	require.Equal(t, inbound.Imported{Read: 1, Added: 1}, done)
	require.Empty(t, refused)
	_, last := w.happened()
	require.Equal(t, event.UserCreated, last.Name)
	require.Equal(t, event.Operator, last.Actor)
	require.Equal(t, "user:"+imported.ID, last.Subject)
	require.Equal(t, map[string]string{"source": "import"}, last.Payload)

	back := w.exports()
	require.Len(t, back, 1)
	require.JSONEq(t, imported.Metadata, back[0].Metadata)
	require.Equal(t, imported, back[0], "what is exported is what was imported")

	in, err := w.Accounts.SignIn(t.Context(), w.caller(), inbound.SignIn{Username: "ann", Password: credential.NewPassword("correct horse")})
	require.NoError(t, err)
	require.Equal(t, imported.ID, in.User.ID.String())
	require.Equal(t, outbound.HashCurrent, w.hasher.Appraise(w.hashOf(in.User.ID)))
	require.Equal(t, w.hashOf(in.User.ID), w.exports()[0].PasswordHash)
}

func TestAnImportIsRepeatedWithoutHarm(t *testing.T) {
	w := newWorld(t)
	bare := inbound.UserRecord{Email: "bob@example.com"}
	done, _ := w.imports(false, imported, bare)
	require.Equal(t, inbound.Imported{Read: 2, Added: 2}, done)
	before, names := w.exports(), func() string { n, _ := w.happened(); return n }()
	changed := imported
	changed.FirstName, changed.PasswordHash = "Anna", ""
	done, refused := w.imports(false, changed, bare, inbound.UserRecord{Email: "new@example.com"})
	require.Equal(t, inbound.Imported{Read: 3, Added: 1, Present: 2}, done)
	require.Empty(t, refused)
	require.Len(t, w.exports(), 3)
	require.Subset(t, w.exports(), before, "what is there stays as it is")
	after, _ := w.happened()
	require.Equal(t, names+" user.created", after)
}

func TestWhatIsNotImported(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("taken@example.com")
	w.exec("UPDATE users SET username = 'Held', username_key = 'held'")
	other := "01980000-0000-7000-8000-0000000000ff"
	with := func(change func(r *inbound.UserRecord)) inbound.UserRecord {
		r := imported
		r.ID, r.Username = "", ""
		r.Email = "somebody@example.com"
		change(&r)
		return r
	}
	for want, change := range map[string]func(r *inbound.UserRecord){
		"email missing":                 func(r *inbound.UserRecord) { r.Email = "" },
		"email invalid_email":           func(r *inbound.UserRecord) { r.Email = "a@b" },
		"id invalid":                    func(r *inbound.UserRecord) { r.ID = strings.ToUpper("0198000a-0000-7000-8000-000000000001") },
		"username too_short":            func(r *inbound.UserRecord) { r.Username = "a" },
		"first_name too_long":           func(r *inbound.UserRecord) { r.FirstName = strings.Repeat("x", 101) },
		"profile_image_url invalid_url": func(r *inbound.UserRecord) { r.ImageURL = "javascript:alert(1)" },
		"status not_allowed":            func(r *inbound.UserRecord) { r.Status = "deleted" },
		"status not_allowed ":           func(r *inbound.UserRecord) { r.Status = "king" },
		"created_at invalid":            func(r *inbound.UserRecord) { r.CreatedAt = "yesterday" },
		"updated_at invalid":            func(r *inbound.UserRecord) { r.UpdatedAt = "2999-01-01T00:00:00Z" },
		"last_sign_in_at invalid":       func(r *inbound.UserRecord) { r.LastSignInAt = "1969-01-01T00:00:00Z" },
		"password_hash unknown_hash":    func(r *inbound.UserRecord) { r.PasswordHash = "5f4dcc3b5aa765d61d8327deb882cf99" },
		"password_hash unknown_hash ":   func(r *inbound.UserRecord) { r.PasswordHash = "plain text" },
		"password_hash too_costly":      func(r *inbound.UserRecord) { r.PasswordHash = "$2b$31$" + strings.Repeat(".", 53) },
		"id taken":                      func(r *inbound.UserRecord) { r.ID = in.User.ID.String() },
		"email taken":                   func(r *inbound.UserRecord) { r.ID, r.Email = other, "TAKEN@example.com" },
		"username taken":                func(r *inbound.UserRecord) { r.Username = "HELD" },
		"line malformed":                func(r *inbound.UserRecord) { r.Faults = []fault.Field{{Name: "line", Type: "malformed"}} },
	} {
		before := len(w.exports())
		done, refused := w.imports(false, with(change))
		require.Equal(t, []string{"1 " + strings.TrimSpace(want)}, refused)
		require.Equal(t, inbound.Imported{Read: 1, Refused: 1}, done)
		require.Len(t, w.exports(), before)
	}
}

// Names that an earlier line has, also one in another batch, are somebody's.
func TestRepetitionsInAFileAreRefused(t *testing.T) {
	records := []inbound.UserRecord{{Email: "user@example.com", Username: "the_user", ID: "01980000-0000-7000-8000-0000000000aa"}}
	for n := range 1200 {
		records = append(records, inbound.UserRecord{Email: fmt.Sprintf("user%d@example.com", n)})
	}
	records = append(records, inbound.UserRecord{Email: "USER@example.com"}, inbound.UserRecord{Email: "b@example.com", Username: "The_User"},
		inbound.UserRecord{Email: "c@example.com", ID: "01980000-0000-7000-8000-0000000000aa"})
	for _, dry := range []bool{true, false} {
		w := newWorld(t)
		done, refused := w.imports(dry, records...)
		require.Equal(t, inbound.Imported{Read: 1204, Added: 1201, Refused: 3}, done)
		require.Equal(t, []string{"1202 email repeated", "1203 username repeated", "1204 id repeated"}, refused)
		if dry {
			require.Empty(t, w.exports())
			names, _ := w.happened()
			require.Equal(t, "key.rotated", names, "nothing happened")
			continue
		}
		back := w.exports()
		require.Len(t, back, 1201)
		for i := 1; i < len(back); i++ {
			require.Less(t, back[i-1].ID, back[i].ID)
		}
	}
}

// contested is a store in which somebody takes a name between the look at it
// and its use.
type contested struct {
	outbound.Store
	take func()
}

func (c *contested) Transfers() outbound.Transfers { return contestedTransfers{c.Store.Transfers(), c} }

type contestedTransfers struct {
	outbound.Transfers
	*contested
}

func (c contestedTransfers) Add(ctx context.Context, list []outbound.Transferred) error {
	if take := c.take; take != nil {
		c.take = nil
		take()
	}
	return c.Transfers.Add(ctx, list)
}

func TestANameThatIsTakenMeanwhile(t *testing.T) {
	var store *contested
	w := newWorld(t, func(o *outbound.World, _ *app.Policy) {
		store = &contested{Store: o.Store}
		o.Store = store
	})
	store.take = func() { w.signUp("user1@example.com") }
	done, refused := w.imports(false, inbound.UserRecord{Email: "user0@example.com"}, inbound.UserRecord{Email: "user1@example.com"}, inbound.UserRecord{Email: "user2@example.com"})
	require.Equal(t, inbound.Imported{Read: 3, Added: 2, Present: 1}, done)
	require.Empty(t, refused)
	require.Len(t, w.exports(), 3)
}

func TestAnImportThatFailsTellsWhatIsStored(t *testing.T) {
	w := newWorld(t)
	broken := errors.New("broken")
	n := 0
	done, err := w.Transfer.Import(t.Context(), inbound.Importing{
		Next: func() (inbound.UserRecord, error) {
			if n++; n > 700 {
				return inbound.UserRecord{}, broken
			}
			return inbound.UserRecord{Line: n, Email: fmt.Sprintf("user%d@example.com", n)}, nil
		},
		Refused: func(int, []fault.Field) { t.Error("nothing is refused") },
	})
	require.ErrorIs(t, err, broken)
	require.Equal(t, inbound.Imported{Read: 500, Added: 500}, done)
	require.Len(t, w.exports(), 500)
	require.ErrorIs(t, w.Transfer.Export(t.Context(), func(inbound.UserRecord) error { return broken }), broken)
}

func TestErasedAccountsAreNotExported(t *testing.T) {
	w := newWorld(t)
	w.signUp("ann@example.com")
	gone := w.signUp("gone@example.com")
	w.exec("UPDATE users SET status = '" + string(user.Deleted) + "' WHERE id = '" + gone.User.ID.String() + "'")
	require.Len(t, w.exports(), 1)
}
