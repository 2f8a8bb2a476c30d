package user_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

func TestEmailAddressesThatAreAccepted(t *testing.T) {
	for _, s := range []string{
		"ann@example.com", "Ann.Lee@Example.COM", "a+tag@sub.example.co", "o'neil@example.com", "x@1.example",
		strings.Repeat("a", 64) + "@example.com", "a@" + strings.Repeat("b", 63) + ".com",
	} {
		e, faults := user.ParseEmail(s)
		require.Empty(t, faults, s)
		require.Equal(t, s, e.String(), "kept as typed")
		require.Equal(t, strings.ToLower(s), e.Key())
	}
}

func TestEmailAddressesThatAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "ann", "@example.com", "ann@", "ann@example", "ann@@example.com", "a@b@example.com", "ann@example..com",
		".ann@example.com", "ann.@example.com", "a..b@example.com", "ann@-example.com", "ann@example-.com",
		"ann@127.0.0.1", "ann@[127.0.0.1]", "\"ann\"@example.com", "ann @example.com", " ann@example.com",
		"ann@example.com ", "ann@example.com\n", "ann\x00@example.com", "ann@example.com,bob@example.com",
		"Ann <ann@example.com>", "ann＠example.com", "аnn@example.com", "ann@exämple.com",
		strings.Repeat("a", 65) + "@example.com", "a@" + strings.Repeat("b", 64) + ".com",
		"a@" + strings.Repeat("b.", 126) + "com",
	} {
		_, faults := user.ParseEmail(s)
		require.Len(t, faults, 1, "%q", s)
		require.Equal(t, "email", faults[0].Name)
	}
}

func TestEmailParts(t *testing.T) {
	e, _ := user.ParseEmail("Ann.Lee@Example.com")
	require.Equal(t, "Ann.Lee", e.LocalPart())
	require.Equal(t, "Example.com", e.Domain())
	require.False(t, e.IsZero())
	require.True(t, user.Email{}.IsZero())
}

func TestUsername(t *testing.T) {
	none, faults := user.ParseUsername("")
	require.Empty(t, faults)
	require.True(t, none.IsZero())

	u, faults := user.ParseUsername("Ann_Lee-9")
	require.Empty(t, faults)
	require.Equal(t, "Ann_Lee-9", u.String())
	require.Equal(t, "ann_lee-9", u.Key())

	for s, kind := range map[string]string{
		"ab": "too_short", strings.Repeat("a", 51): "too_long", "ann lee": "invalid_characters",
		"ann@lee": "invalid_characters", "änn": "invalid_characters", "ann\x00": "invalid_characters",
	} {
		_, faults := user.ParseUsername(s)
		require.Len(t, faults, 1, "%q", s)
		require.Equal(t, kind, faults[0].Type, "%q", s)
	}
}

func TestName(t *testing.T) {
	n, faults := user.ParseName("first_name", "José Łukasz 王")
	require.Empty(t, faults)
	require.Equal(t, user.Name("José Łukasz 王"), n)
	_, faults = user.ParseName("first_name", strings.Repeat("é", 100))
	require.Empty(t, faults, "counted in characters, not in bytes")
	for s, kind := range map[string]string{
		strings.Repeat("é", 101): "too_long", "a\x00b": "invalid_characters", "a\nb": "invalid_characters", "a\xff": "invalid_characters",
	} {
		_, faults := user.ParseName("last_name", s)
		require.Len(t, faults, 1, "%q", s)
		require.Equal(t, "last_name", faults[0].Name)
		require.Equal(t, kind, faults[0].Type)
	}
}

func TestRestoreRefusesWhatTheRulesForbid(t *testing.T) {
	name := "ann"
	good := user.Snapshot{Tenant: tenant.Default, ID: user.ID{1}, Email: "ann@example.com", Username: &name, Status: "active", CreatedAt: time.Unix(1, 0)}
	u, err := user.Restore(good)
	require.NoError(t, err)
	require.Equal(t, "ann", u.Username.String())
	require.True(t, u.Status.MayAct())

	bad := good
	bad.Status = "sleeping"
	_, err = user.Restore(bad)
	require.ErrorContains(t, err, "status")
	bad = good
	bad.Email = "ann"
	_, err = user.Restore(bad)
	require.ErrorContains(t, err, "e-mail")
	bad = good
	short := "a"
	bad.Username = &short
	_, err = user.Restore(bad)
	require.ErrorContains(t, err, "user name")
}

func TestOnlyActiveUsersAct(t *testing.T) {
	for _, s := range []user.Status{user.Inactive, user.Suspended, user.Deleted} {
		require.False(t, s.MayAct(), s)
		back, err := user.ParseStatus(string(s))
		require.NoError(t, err)
		require.Equal(t, s, back)
	}
}

func TestNewUser(t *testing.T) {
	e, _ := user.ParseEmail("ann@example.com")
	first, _ := user.ParseName("first_name", "Ann")
	now := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	u := user.New(user.Registration{Tenant: tenant.Default, ID: user.ID{1}, Email: e, FirstName: first}, now)
	require.Equal(t, user.Active, u.Status)
	require.False(t, u.EmailVerified)
	require.Equal(t, "Ann", *u.Profile.FirstName)
	require.Nil(t, u.Profile.LastName)
	require.JSONEq(t, `{}`, string(u.Metadata))
	require.Equal(t, now, u.CreatedAt)
}
