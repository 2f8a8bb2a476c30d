package main_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/sqlite"
	"github.com/plinto/plinto/adapters/system"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

func TestMailsAreLookedAfterByCommand(t *testing.T) {
	t.Run("on nothing", func(t *testing.T) {
		dir := t.TempDir()
		one := start(t, dir, fast...)
		store, err := sqlite.Open(t.Context(), filepath.Join(dir, "data", "plinto.db"))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		lookAfterMails(t, one, store)
	})
	t.Run("on PostgreSQL", func(t *testing.T) {
		database := postgresURL(t)
		lookAfterMails(t, start(t, t.TempDir(), append([]string{"DATABASE_URL=" + database}, fast...)...), postgresStore(t, database))
	})
}

func lookAfterMails(t *testing.T, one *instance, store outbound.Store) {
	ctx, outbox, now := t.Context(), store.Outbox(), time.Now().UTC().Truncate(time.Microsecond)
	// Long after now, so that an instance that sends mail finds none of them due.
	later := now.Add(time.Hour)
	owe := func() mail.Mail {
		m := mail.Mail{
			Tenant: tenant.Default, ID: mail.ID(system.Identifiers{}.New()), Kind: mail.MagicLink, To: "ann@example.com",
			Details: map[string]string{mail.Redirect: "https://app.example.com\x1b[2J"}, CreatedAt: later,
		}
		require.NoError(t, outbox.Add(ctx, m))
		return m
	}
	bury := func(m mail.Mail) {
		list, err := outbox.Claim(ctx, outbound.MailClaim{Tenant: tenant.Default, Holder: "test", Now: later, Until: later.Add(time.Hour), Limit: 10})
		require.NoError(t, err)
		for _, e := range list {
			h := outbound.MailHold{Tenant: e.Tenant, ID: e.ID, Holder: "test"}
			if e.ID == m.ID {
				require.NoError(t, outbox.Bury(ctx, h, now, "rejected: no such mailbox"))
			} else {
				require.NoError(t, outbox.PutBack(ctx, h, later, ""))
			}
		}
	}
	refuses := func(words string, args ...string) {
		t.Helper()
		out, err := command(one.dir, one.env, args...)
		require.Error(t, err)
		require.Contains(t, out, words)
	}
	require.Equal(t, 1, strings.Count(one.run("mail", "list"), "\n"))
	require.Contains(t, one.run("mail", "retry", "--all-dead"), "no mail was given up")

	waiting, dead := owe(), owe()
	bury(dead)
	list := one.run("mail", "list")
	require.Less(t, strings.Index(list, dead.ID.String()), strings.Index(list, waiting.ID.String()), "the newest first")
	require.Contains(t, list, "rejected: no such mailbox")
	require.NotContains(t, one.run("mail", "list", "--dead"), waiting.ID.String())
	shown := one.run("mail", "show", dead.ID.String())
	for _, words := range []string{"magic_link", "dead", "ann@example.com", "no such mailbox", "https://app.example.com?[2J"} {
		require.Contains(t, shown, words)
	}
	require.NotContains(t, shown, "\x1b", "a terminal obeys nobody but its owner")

	nobody := mail.ID(system.Identifiers{}.New()).String()
	for _, what := range []string{"show", "retry", "drop"} {
		refuses("is not the id of a mail", "mail", what, "ann")
		refuses("There is no mail of that id", "mail", what, nobody)
	}
	refuses("There is no mail of that id that was given up", "mail", "retry", waiting.ID.String())
	refuses("the id of a mail, or --all-dead", "mail", "retry")
	refuses("the id of a mail, or --all-dead", "mail", "retry", dead.ID.String(), "--all-dead")

	// Without mail there is nobody to send what is tried again.
	require.Contains(t, one.run("mail", "drop", dead.ID.String()), "is removed")
	require.Contains(t, one.run("mail", "drop", waiting.ID.String()), "is removed")
	require.Equal(t, 1, strings.Count(one.run("mail", "list"), "\n"))
}
