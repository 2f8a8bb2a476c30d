package hashing_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"

	"github.com/plinto/plinto/adapters/hashing"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

func newArgon2Hasher(t *testing.T) *hashing.Hasher {
	t.Helper()
	h, err := hashing.New(hashing.Options{Algorithm: hashing.Argon2id, Argon2: hashing.Argon2{Memory: 64, Passes: 2, Lanes: 1}})
	require.NoError(t, err)
	return h
}

func TestArgon2idKeepsTheContract(t *testing.T) {
	porttest.Hasher(t, func(t *testing.T) outbound.Hasher { return newArgon2Hasher(t) })
}

func TestArgon2OptionsAreChecked(t *testing.T) {
	for _, a := range []hashing.Argon2{
		{},
		{Memory: 7, Passes: 1, Lanes: 1},
		{Memory: 8, Passes: 0, Lanes: 1},
		{Memory: 8, Passes: 1},
		{Memory: 8, Passes: 1, Lanes: 2},
		{Memory: 1 << 19, Passes: 1, Lanes: 1},
		{Memory: 64, Passes: 1, Lanes: 17},
	} {
		_, err := hashing.New(hashing.Options{Algorithm: hashing.Argon2id, Argon2: a})
		require.Error(t, err)
	}
	_, err := hashing.New(hashing.Options{Algorithm: "md5"})
	require.ErrorContains(t, err, "md5")
}

// The form is what storage holds: it is made and read here by argon2 alone.
func TestTheStoredFormOfArgon2Stays(t *testing.T) {
	stored, err := newArgon2Hasher(t).Hash(t.Context(), passwordOf("a password"))
	require.NoError(t, err)
	require.Regexp(t, `^\$argon2id\$v=19\$m=64,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, stored)
	fields := strings.Split(stored, "$")
	require.Equal(t, decode(t, fields[5]), argon2.IDKey([]byte("a password"), decode(t, fields[4]), 2, 64, 1, 32))
}

func TestWhatGivesWayToANewHash(t *testing.T) {
	weak, strong := newArgon2Hasher(t), func() *hashing.Hasher {
		h, err := hashing.New(hashing.Options{Algorithm: hashing.Argon2id, Argon2: hashing.Argon2{Memory: 64, Passes: 3, Lanes: 1}})
		require.NoError(t, err)
		return h
	}()
	for _, c := range []struct {
		by   *hashing.Hasher
		hash string
		want outbound.HashGrade
	}{
		{weak, hashBy(t, weak), outbound.HashCurrent},
		{weak, hashBy(t, strong), outbound.HashCurrent}, // never for a cheaper one
		{strong, hashBy(t, weak), outbound.HashOutdated},
		{weak, hashBy(t, newHasher(t)), outbound.HashOutdated},
		{newHasher(t), hashBy(t, weak), outbound.HashOutdated},
		{weak, "$argon2i$v=19$m=64,t=2,p=1$" + salt16 + "$" + sum32, outbound.HashOutdated},
		{weak, "argon2$argon2id$v=19$m=64,t=2,p=1$" + salt16 + "$" + sum32, outbound.HashOutdated},
		{weak, "$argon2id$v=19$m=64,t=2,p=1$" + salt16 + "$AAAAAAAAAAAAAAAAAAAAAA", outbound.HashOutdated},
	} {
		require.Equal(t, c.want, c.by.Appraise(c.hash), c.hash)
	}
}

// One derivation of the configured work, whatever the account: a cheaper hash
// of the same kind is made up for exactly.
func TestACheaperArgon2idIsRefusedAsSlowlyAsNobodys(t *testing.T) {
	h, err := hashing.New(hashing.Options{Algorithm: hashing.Argon2id, Argon2: hashing.Argon2{Memory: 256, Passes: 3, Lanes: 1}, Queue: 1})
	require.NoError(t, err)
	work := 0
	h.WatchArgon2(func(memory, passes int) { work += memory * passes })
	for _, stored := range []string{
		"", "unreadable", "$argon2id$v=19$m=4294967295,t=1,p=1$" + salt16 + "$" + sum32, hashBy(t, h),
		"$argon2id$v=19$m=64,t=2,p=1$" + salt16 + "$" + sum32, "$argon2id$v=19$m=256,t=2,p=1$" + salt16 + "$" + sum32,
		"$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$" + sum32,
	} {
		work = 0
		ok, _ := h.Verify(t.Context(), passwordOf("another"), stored)
		require.False(t, ok)
		require.Equal(t, 3*256, work, stored)
	}
}

// work is time that stands still but for what is worked.
type work struct{ t *testing.T }

// of makes the work of a hasher take time: bcrypt by its cost, PBKDF2 by its
// rounds.
func (work) of(h *hashing.Hasher) {
	h.Watch(func(hash string, _ []byte) {
		cost := int(hash[4]-'0')*10 + int(hash[5]-'0')
		time.Sleep(time.Millisecond << cost)
	})
	h.WatchPBKDF2(func(rounds int) { time.Sleep(time.Duration(rounds) * 50 * time.Microsecond) })
}

func (work) took(do func()) time.Duration {
	begin := time.Now()
	do()
	return time.Since(begin)
}

func inFakeTime(t *testing.T, test func(t *testing.T, clock work)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, work{t}) })
}
