package hashing_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/hashing"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/outbound"
)

type vector struct {
	MadeBy   string `json:"made_by"`
	Password string `json:"password"`
	Hash     string `json:"hash"`
}

func vectors(t *testing.T) (list []vector) {
	t.Helper()
	file, err := os.Open("testdata/vectors.ndjson")
	require.NoError(t, err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var v vector
		require.NoError(t, json.Unmarshal(lines.Bytes(), &v))
		list = append(list, v)
	}
	require.Greater(t, len(list), 40)
	return list
}

func TestHashesThatOthersMadeVerify(t *testing.T) {
	for name, h := range map[string]*hashing.Hasher{"bcrypt": newHasher(t), "argon2id": newArgon2Hasher(t)} {
		t.Run(name, func(t *testing.T) {
			for _, v := range vectors(t) {
				require.True(t, verify(t, h, v.Password, v.Hash), v.MadeBy)
				require.False(t, verify(t, h, v.Password+" ", v.Hash), v.MadeBy)
				require.False(t, verify(t, h, "", v.Hash), v.MadeBy)
				want := outbound.HashOutdated // passlib makes shorter ones
				if strings.HasPrefix(v.Hash, map[string]string{"bcrypt": "$2a$", "argon2id": "$argon2id$"}[name]) && !strings.Contains(v.MadeBy, "passlib") {
					want = outbound.HashCurrent
				}
				require.Equal(t, want, h.Appraise(v.Hash), v.MadeBy)
			}
		})
	}
}

// A hash that lost or won a character, or whose parameters are others, is not
// read, or it is not the password's any more.
func TestWhatIsNotQuiteAHashIsNotOne(t *testing.T) {
	h := newHasher(t)
	for _, v := range vectors(t) {
		for _, stored := range []string{
			v.Hash[:len(v.Hash)-1], v.Hash + "A", v.Hash + "$", v.Hash + "\n", " " + v.Hash, v.Hash[1:], strings.ToUpper(v.Hash),
			strings.Replace(v.Hash, "$", "$$", 1), strings.Replace(v.Hash, "=", "==", 1) + "=", strings.Replace(v.Hash, ",", ", ", 1) + "=",
			strings.Replace(v.Hash, "$", "-", 1),
		} {
			ok, err := h.Verify(t.Context(), credential.NewPassword(v.Password), stored)
			require.False(t, ok, stored)
			if err != nil {
				require.NotContains(t, err.Error(), v.Hash[len(v.Hash)-20:])
				require.Equal(t, outbound.HashUnknown, h.Appraise(stored))
			}
		}
	}
	require.Equal(t, outbound.HashUnknown, h.Appraise(""))
}

const (
	salt16 = "c2FsdFNhbHRzYWx0U2FsdA"
	sum32  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

// A hash that somebody else chose says how much work it is. What would take
// minutes, or gigabytes, is refused without any of it.
func TestWorkIsBounded(t *testing.T) {
	h := newHasher(t)
	firebase := func(work string) string {
		return "$fbscrypt$v=1," + work + ",ss=Bw==,sk=" + sum32 + "=$" + salt16 + "==$" + sum32 + "="
	}
	for stored, want := range map[string]outbound.HashGrade{
		"$argon2id$v=19$m=262144,t=4,p=16$" + salt16 + "$" + sum32:                 outbound.HashOutdated,
		"$argon2id$v=19$m=262145,t=1,p=1$" + salt16 + "$" + sum32:                  outbound.HashTooCostly,
		"$argon2id$v=19$m=262144,t=5,p=1$" + salt16 + "$" + sum32:                  outbound.HashTooCostly,
		"$argon2id$v=19$m=8,t=131073,p=1$" + salt16 + "$" + sum32:                  outbound.HashTooCostly,
		"$argon2id$v=19$m=4096,t=1,p=17$" + salt16 + "$" + sum32:                   outbound.HashTooCostly,
		"$argon2id$v=19$m=4294967295,t=4294967295,p=1$" + salt16 + "$" + sum32:     outbound.HashTooCostly,
		"$argon2id$v=19$m=99999999999999999999,t=1,p=1$" + salt16 + "$" + sum32:    outbound.HashTooCostly,
		"$argon2id$v=19$m=2147483647,t=2147483647,p=1$" + salt16 + "$" + sum32:     outbound.HashTooCostly,
		"$argon2id$v=19$m=7,t=1,p=1$" + salt16 + "$" + sum32:                       outbound.HashUnknown,
		"$argon2id$v=19$m=1024,t=0,p=1$" + salt16 + "$" + sum32:                    outbound.HashUnknown,
		"$argon2id$v=19$m=1024,t=1,p=0$" + salt16 + "$" + sum32:                    outbound.HashUnknown,
		"$argon2id$v=19$m=-1,t=1,p=1$" + salt16 + "$" + sum32:                      outbound.HashUnknown,
		"$argon2id$v=19$m=1024,p=1,t=1$" + salt16 + "$" + sum32:                    outbound.HashUnknown,
		"$argon2id$v=16$m=1024,t=1,p=1$" + salt16 + "$" + sum32:                    outbound.HashUnknown,
		"$argon2id$v=19$m=1024,t=1,p=1$" + salt16 + "$":                            outbound.HashUnknown,
		"$argon2id$v=19$m=1024,t=1,p=1$" + salt16 + "$AAAA":                        outbound.HashUnknown,
		"$argon2id$v=19$m=1024,t=1,p=1$$" + sum32:                                  outbound.HashUnknown,
		"$argon2d$v=19$m=1024,t=1,p=1$" + salt16 + "$" + sum32:                     outbound.HashUnknown,
		"$scrypt$ln=18,r=8,p=4$" + salt16 + "$" + sum32:                            outbound.HashOutdated,
		"$scrypt$ln=18,r=9,p=1$" + salt16 + "$" + sum32:                            outbound.HashTooCostly,
		"$scrypt$ln=18,r=8,p=5$" + salt16 + "$" + sum32:                            outbound.HashTooCostly,
		"$scrypt$ln=63,r=1,p=1$" + salt16 + "$" + sum32:                            outbound.HashTooCostly,
		"$scrypt$ln=1,r=2147483647,p=2147483647$" + salt16 + "$" + sum32:           outbound.HashTooCostly,
		"$scrypt$ln=0,r=8,p=1$" + salt16 + "$" + sum32:                             outbound.HashUnknown,
		"$scrypt$ln=10,r=8$" + salt16 + "$" + sum32:                                outbound.HashUnknown,
		"scrypt$262144$salt$8$4$" + sum32 + "=":                                    outbound.HashOutdated,
		"scrypt$524288$salt$8$1$" + sum32 + "=":                                    outbound.HashTooCostly,
		"scrypt$1000$salt$8$1$" + sum32 + "=":                                      outbound.HashUnknown,
		"scrypt$1024$$8$1$" + sum32 + "=":                                          outbound.HashUnknown,
		"scrypt$1024$salt$8$1$" + sum32:                                            outbound.HashUnknown,
		firebase("n=18,r=8,p=1"):                                                   outbound.HashOutdated,
		firebase("n=19,r=8,p=1"):                                                   outbound.HashTooCostly,
		strings.Replace(firebase("n=14,r=8,p=1"), "v=1", "v=2", 1):                 outbound.HashUnknown,
		strings.Replace(firebase("n=14,r=8,p=1"), "sk="+sum32+"=", "sk=AAAA", 1):   outbound.HashUnknown,
		"$pbkdf2-sha256$10000000$" + salt16 + "$" + sum32:                          outbound.HashOutdated,
		"$pbkdf2-sha256$i=600000$" + salt16 + "$" + sum32:                          outbound.HashOutdated,
		"$pbkdf2-sha256$10000001$" + salt16 + "$" + sum32:                          outbound.HashTooCostly,
		"$pbkdf2$5000001$" + salt16 + "$" + sum32:                                  outbound.HashTooCostly, // two blocks
		"$pbkdf2-sha256$0$" + salt16 + "$" + sum32:                                 outbound.HashUnknown,
		"$pbkdf2-sha256$010$" + salt16 + "$" + sum32:                               outbound.HashUnknown,
		"$pbkdf2-md5$1000$" + salt16 + "$" + sum32:                                 outbound.HashUnknown,
		"$pbkdf2-sha256$1000$" + strings.Repeat("A", 400) + "$" + sum32:            outbound.HashUnknown,
		"pbkdf2_sha256$10000000$salt$" + sum32 + "=":                               outbound.HashOutdated,
		"pbkdf2_sha256$10000001$salt$" + sum32 + "=":                               outbound.HashTooCostly,
		"pbkdf2_sha512$1000$salt$" + sum32 + "=":                                   outbound.HashUnknown,
		"md5$salt$5f4dcc3b5aa765d61d8327deb882cf99":                                outbound.HashUnknown,
		"bcrypt$$2b$17$" + strings.Repeat(".", 53):                                 outbound.HashTooCostly,
		"$2b$16$" + strings.Repeat(".", 53):                                        outbound.HashOutdated,
		"$2b$31$" + strings.Repeat(".", 53):                                        outbound.HashTooCostly,
		"$2b$32$" + strings.Repeat(".", 53):                                        outbound.HashUnknown,
		"$pbkdf2-sha256$1000$" + salt16 + "$" + sum32 + strings.Repeat("=", 1<<20): outbound.HashUnknown,
	} {
		require.Equal(t, want, h.Appraise(stored), "%.80s", stored)
		if want != outbound.HashOutdated {
			ok, err := h.Verify(t.Context(), credential.NewPassword("a password"), stored)
			require.Error(t, err, "%.80s", stored)
			require.False(t, ok)
		}
	}
}

// An account whose hash another algorithm made is refused with the work of its
// own hash and what is missing to that of a new one. How much that is was
// measured: the test says how long everything takes.
func TestAHashOfAnotherAlgorithmIsRefusedAsSlowlyAsNobodys(t *testing.T) {
	inFakeTime(t, func(t *testing.T, clock work) {
		h, err := hashing.New(hashing.Options{Cost: 8, Queue: 1})
		require.NoError(t, err)
		clock.of(h)
		nobodys := clock.took(func() { require.False(t, verify(t, h, "a password", "")) })
		for _, rounds := range []string{"1", "1000", "2500", "5119", "5120", "10000"} {
			stored := "$pbkdf2-sha256$" + rounds + "$" + salt16 + "$" + sum32
			refused := clock.took(func() { require.False(t, verify(t, h, "a password", stored)) })
			if rounds == "10000" {
				require.Greater(t, refused, nobodys, "a dearer one takes longer")
				continue
			}
			require.LessOrEqual(t, refused, nobodys)
			require.Greater(t, refused, nobodys*9/10, "%s rounds", rounds)
		}
	})
}

func TestTheFirstRefusalMeasures(t *testing.T) {
	inFakeTime(t, func(t *testing.T, clock work) {
		h, err := hashing.New(hashing.Options{Cost: 8, Queue: 1})
		require.NoError(t, err)
		clock.of(h)
		stored := "$pbkdf2-sha256$1000$" + salt16 + "$" + sum32
		first := clock.took(func() { require.False(t, verify(t, h, "a password", stored)) })
		second := clock.took(func() { require.False(t, verify(t, h, "a password", stored)) })
		nobodys := clock.took(func() { require.False(t, verify(t, h, "a password", "")) })
		require.Greater(t, first, nobodys)
		require.Greater(t, second, nobodys*9/10)
		require.LessOrEqual(t, second, nobodys)
	})
}
