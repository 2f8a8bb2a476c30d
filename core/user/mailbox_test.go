package user_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/user"
)

func TestWhoGetsInByTheMailboxTakesOverWhatAStrangerMayHavePrepared(t *testing.T) {
	for mailbox, must := range map[user.Mailbox]bool{
		{}:                            true,
		{Verified: true}:              true,
		{Owned: true}:                 true,
		{Verified: true, Owned: true}: false,
	} {
		require.Equal(t, must, mailbox.MustClaim(), "%+v", mailbox)
	}
}

func TestAnAddressIsRestoredAsItWasStored(t *testing.T) {
	typed, faults := user.ParseEmail("Ann@Example.com")
	require.Empty(t, faults)
	stored, ok := user.RestoreEmail(typed.String(), typed.Key())
	require.True(t, ok)
	require.Equal(t, typed, stored)
	for _, wrong := range [][2]string{{"Ann@Example.com", "bob@example.com"}, {"nobody", "nobody"}, {"", ""}} {
		_, ok := user.RestoreEmail(wrong[0], wrong[1])
		require.False(t, ok)
	}
}
