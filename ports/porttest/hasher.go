package porttest

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/outbound"
)

// Hasher is the contract of outbound.Hasher. Open gives one that nobody else
// uses; it may be set to the least work it can do.
func Hasher(t *testing.T, open func(t *testing.T) outbound.Hasher) {
	for name, test := range map[string]func(t *testing.T, h outbound.Hasher){
		"RoundTrip":     testHasherRoundTrip,
		"Normalization": testHasherNormalization,
		"EveryByte":     testHasherEveryByte,
		"Nobody":        testHasherNobody,
		"Unreadable":    testHasherUnreadable,
		"Appraisal":     testHasherAppraisal,
		"Ended":         testHasherEnded,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func hash(t *testing.T, h outbound.Hasher, password string) string {
	t.Helper()
	stored, err := h.Hash(t.Context(), credential.NewPassword(password))
	require.NoError(t, err)
	return stored
}

func verify(t *testing.T, h outbound.Hasher, password, stored string) bool {
	t.Helper()
	ok, err := h.Verify(t.Context(), credential.NewPassword(password), stored)
	require.NoError(t, err)
	return ok
}

func testHasherRoundTrip(t *testing.T, h outbound.Hasher) {
	for _, password := range []string{"correct horse battery staple", " ", "пароль 汉语 🦊", "a\x00b", strings.Repeat("long ", 200)} {
		stored := hash(t, h, password)
		require.NotContains(t, stored, password)
		require.NotEqual(t, stored, hash(t, h, password), "every hash has a salt of its own")
		require.True(t, verify(t, h, password, stored))
		for _, other := range []string{"", password + " ", strings.ToUpper(password) + "x", password[1:], stored} {
			require.False(t, verify(t, h, other, stored))
		}
	}
}

func testHasherNormalization(t *testing.T, h outbound.Hasher) {
	const composed, decomposed = "caf\u00e9 au lait chaud", "cafe\u0301 au lait chaud"
	require.Equal(t, composed, h.Normalize(credential.NewPassword(decomposed)).Reveal())
	require.True(t, verify(t, h, decomposed, hash(t, h, composed)))
	require.True(t, verify(t, h, composed, hash(t, h, decomposed)))
	for _, typed := range []string{" two  spaces ", "\u3000wide", "\ufb01 ligature", "MiXeD", ""} {
		require.Equal(t, typed, h.Normalize(credential.NewPassword(typed)).Reveal(), "otherwise it is as typed")
	}
	require.False(t, verify(t, h, "fi ligature", hash(t, h, "\ufb01 ligature")))
}

// testHasherEveryByte looks for the part of a long password that a hash might
// pass over, at the lengths around which hash functions do.
func testHasherEveryByte(t *testing.T, h outbound.Hasher) {
	for _, length := range []int{55, 56, 71, 72, 73, 74, 128, 1024} {
		password := strings.Repeat("x", length)
		stored := hash(t, h, password)
		require.True(t, verify(t, h, password, stored), length)
		require.False(t, verify(t, h, password[1:]+"y", stored), "the last of %d bytes counts", length)
		require.False(t, verify(t, h, password[1:], stored), length)
		require.False(t, verify(t, h, password+"x", stored), length)
	}
	require.False(t, verify(t, h, "again\x00again", hash(t, h, "again")), "repeating a password does not give the same one")
	require.False(t, verify(t, h, "again", hash(t, h, "again\x00again")))
	require.False(t, verify(t, h, "before", hash(t, h, "before\x00after")))
}

func testHasherNobody(t *testing.T, h outbound.Hasher) {
	for _, password := range []string{"", "a password", strings.Repeat("x", 1024), "\x00"} {
		require.False(t, verify(t, h, password, ""))
	}
}

func testHasherUnreadable(t *testing.T, h outbound.Hasher) {
	good := hash(t, h, "a password")
	for _, stored := range []string{"a password", "$", good[:len(good)-1], good + "x", " " + good, strings.Repeat("$", 500), "\x00"} {
		ok, err := h.Verify(t.Context(), credential.NewPassword("a password"), stored)
		require.Error(t, err)
		require.False(t, ok)
		require.NotContains(t, err.Error(), good[len(good)-20:], "a hash is not written to a log")
	}
}

func testHasherAppraisal(t *testing.T, h outbound.Hasher) {
	for _, password := range []string{"a password", "a\x00b", strings.Repeat("long ", 200)} {
		stored := hash(t, h, password)
		require.Equal(t, outbound.HashCurrent, h.Appraise(stored), "what it makes is what it makes")
		require.Equal(t, outbound.HashUnknown, h.Appraise(stored[:len(stored)-1]))
	}
	for _, stored := range []string{"", "a password", "$", strings.Repeat("$", 5000)} {
		require.Equal(t, outbound.HashUnknown, h.Appraise(stored))
	}
}

func testHasherEnded(t *testing.T, h outbound.Hasher) {
	ended, end := context.WithCancel(t.Context())
	end()
	_, err := h.Hash(ended, credential.NewPassword("a password"))
	require.ErrorIs(t, err, context.Canceled)
	_, err = h.Verify(ended, credential.NewPassword("a password"), "")
	require.ErrorIs(t, err, context.Canceled)
}
