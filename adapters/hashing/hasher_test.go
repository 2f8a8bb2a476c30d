package hashing_test

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	xbcrypt "golang.org/x/crypto/bcrypt"

	"github.com/plinto/plinto/adapters/hashing"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

func newHasher(t *testing.T) *hashing.Hasher {
	t.Helper()
	h, err := hashing.New(hashing.Options{Cost: xbcrypt.MinCost})
	require.NoError(t, err)
	return h
}

func TestHasherKeepsTheContract(t *testing.T) {
	porttest.Hasher(t, func(t *testing.T) outbound.Hasher { return newHasher(t) })
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []hashing.Options{{}, {Cost: 3}, {Cost: 32}, {Cost: 4, Workers: -1}, {Cost: 4, Queue: -1}, {Cost: 4, Timeout: -1}} {
		_, err := hashing.New(o)
		require.Error(t, err)
	}
}

func verify(t *testing.T, h *hashing.Hasher, password, stored string) bool {
	t.Helper()
	ok, err := h.Verify(t.Context(), credential.NewPassword(password), stored)
	require.NoError(t, err)
	return ok
}

// The form is what storage holds: it is made and read here by bcrypt alone.
func TestTheStoredFormStays(t *testing.T) {
	h, err := hashing.New(hashing.Options{Cost: 5})
	require.NoError(t, err)

	short := strings.Repeat("x", 72)
	stored, err := h.Hash(t.Context(), credential.NewPassword(short))
	require.NoError(t, err)
	require.Regexp(t, `^\$2a\$05\$.{53}$`, stored)
	require.NoError(t, xbcrypt.CompareHashAndPassword([]byte(stored), []byte(short)))

	long := short + "y"
	stored, err = h.Hash(t.Context(), credential.NewPassword(long))
	require.NoError(t, err)
	require.Regexp(t, `^\$plinto-hmac-sha384\$2a\$05\$.{53}$`, stored)
	mac := hmac.New(sha512.New384, []byte("plinto long password v1"))
	mac.Write([]byte(long))
	key := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	require.Len(t, key, 64)
	require.NoError(t, xbcrypt.CompareHashAndPassword([]byte(strings.TrimPrefix(stored, "$plinto-hmac-sha384")), []byte(key)))

	require.False(t, verify(t, h, key, stored), "what is hashed in a password's place is not a password")
}

func TestHashesFromElsewhereAreRead(t *testing.T) {
	h := newHasher(t)
	made, err := xbcrypt.GenerateFromPassword([]byte("a password"), 6)
	require.NoError(t, err)
	for _, version := range []string{"$2a$", "$2b$", "$2y$"} {
		stored := version + string(made[4:])
		require.True(t, verify(t, h, "a password", stored), version)
		require.False(t, verify(t, h, "another", stored), version)
	}
	// A vector that other implementations publish.
	require.True(t, verify(t, h, "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
	for _, stored := range []string{
		"$2x$" + string(made[4:]), "$2$" + string(made[3:]), "$1a$" + string(made[4:]), "$2a$03" + string(made[6:]),
		"$2a$17" + string(made[6:]), "$2a$31" + string(made[6:]), "$2a$ 6" + string(made[6:]), "$2a$6$" + string(made[6:]), "$2a$/9" + string(made[6:]),
		"$2a$06." + string(made[7:]), string(made[:59]) + "!", string(made[:59]) + "\x80", string(made[:10]) + "-" + string(made[11:]),
		"$plinto-hmac-sha384", "$plinto-hmac-sha384$" + string(made), "$plinto-hmac-sha256" + string(made), "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA",
	} {
		ok, err := h.Verify(t.Context(), credential.NewPassword("a password"), stored)
		require.Error(t, err, stored)
		require.False(t, ok, stored)
	}
}

// bcrypt itself compares a long password by its first 72 bytes.
func TestALongPasswordIsNotItsBeginning(t *testing.T) {
	h := newHasher(t)
	short := strings.Repeat("x", 72)
	stored, err := xbcrypt.GenerateFromPassword([]byte(short), xbcrypt.MinCost)
	require.NoError(t, err)
	require.NoError(t, xbcrypt.CompareHashAndPassword(stored, []byte(short+"and more")))
	require.False(t, verify(t, h, short+"and more", string(stored)))

	trap, err := xbcrypt.GenerateFromPassword([]byte(hashing.Prehash(short+"and more")), xbcrypt.MinCost)
	require.NoError(t, err)
	require.False(t, verify(t, h, short+"and more", string(trap)), "nor the password that looks like its hash")
}

// One comparison of the configured cost, whatever the account and the password:
// work that is the same takes the same time, and work can be counted.
func TestNobodyCostsWhatSomebodyDoes(t *testing.T) {
	h := newHasher(t)
	stored, err := h.Hash(t.Context(), credential.NewPassword("a password"))
	require.NoError(t, err)
	longOne, err := h.Hash(t.Context(), credential.NewPassword(strings.Repeat("x", 100)))
	require.NoError(t, err)
	var costs []int
	h.Watch(func(hash string, key []byte) {
		cost, err := xbcrypt.Cost([]byte(hash))
		require.NoError(t, err)
		require.LessOrEqual(t, len(key), 72)
		costs = append(costs, cost)
	})
	for name, hash := range map[string]string{
		"somebody": stored, "somebody with a long one": longOne, "nobody": "", "unreadable": "x", "too costly": "$2a$31" + stored[6:], "a decoy": h.Decoy(),
	} {
		for _, password := range []string{"a password", "another", "", strings.Repeat("x", 100), "\x00"} {
			costs = nil
			_, _ = h.Verify(t.Context(), credential.NewPassword(password), hash)
			require.Equal(t, []int{xbcrypt.MinCost}, costs, name)
		}
	}
}

func TestTheDecoyIsAHashOfTheConfiguredCost(t *testing.T) {
	for _, cost := range []int{4, 5, 12, 31} {
		h, err := hashing.New(hashing.Options{Cost: cost})
		require.NoError(t, err)
		read, err := xbcrypt.Cost([]byte(h.Decoy()))
		require.NoError(t, err)
		require.Equal(t, cost, read)
		require.Len(t, h.Decoy(), 60)
	}
	err := xbcrypt.CompareHashAndPassword([]byte(newHasher(t).Decoy()), []byte("x"))
	require.ErrorIs(t, err, xbcrypt.ErrMismatchedHashAndPassword, "it is compared with in full")
}

func TestNobodyMatchesEvenTheDecoy(t *testing.T) {
	h := newHasher(t)
	h.AcceptAll()
	for _, password := range []string{"", "a password", strings.Repeat("x", 100)} {
		require.False(t, verify(t, h, password, ""))
		ok, err := h.Verify(t.Context(), credential.NewPassword(password), "unreadable")
		require.Error(t, err)
		require.False(t, ok)
	}
}

// A hash from a time of cheaper ones is refused as slowly as nobody's: each
// step of cost doubles the work.
func TestACheaperHashIsRefusedAsSlowlyAsNobodys(t *testing.T) {
	h, err := hashing.New(hashing.Options{Cost: 8, Queue: 1})
	require.NoError(t, err)
	var work int
	h.Watch(func(hash string, _ []byte) {
		cost, err := xbcrypt.Cost([]byte(hash))
		require.NoError(t, err)
		work += 1 << cost
	})
	for _, cost := range []int{4, 5, 7, 8} {
		stored, err := xbcrypt.GenerateFromPassword([]byte("a password"), cost)
		require.NoError(t, err)
		work = 0
		require.False(t, verify(t, h, "another", string(stored)))
		require.Equal(t, 1<<8, work, "refused with a hash of cost %d", cost)
		work = 0
		require.True(t, verify(t, h, "a password", string(stored)))
		require.Equal(t, 1<<cost, work)
	}
	work = 0
	require.False(t, verify(t, h, "a password", ""))
	require.Equal(t, 1<<8, work, "nobody's")
}

func passwordOf(text string) credential.Password { return credential.NewPassword(text) }

func hashBy(t *testing.T, h *hashing.Hasher) string {
	t.Helper()
	stored, err := h.Hash(t.Context(), passwordOf("a password"))
	require.NoError(t, err)
	return stored
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawStdEncoding.DecodeString(text)
	require.NoError(t, err)
	return b
}

func TestAHashOfALowerCostIsOutdated(t *testing.T) {
	h, err := hashing.New(hashing.Options{Cost: 6})
	require.NoError(t, err)
	for cost, want := range map[int]outbound.HashGrade{5: outbound.HashOutdated, 6: outbound.HashCurrent, 7: outbound.HashCurrent} {
		stored, err := xbcrypt.GenerateFromPassword([]byte("a password"), cost)
		require.NoError(t, err)
		require.Equal(t, want, h.Appraise(string(stored)))
		require.Equal(t, outbound.HashOutdated, h.Appraise("$2b$"+string(stored[4:])), "which others make")
	}
}
