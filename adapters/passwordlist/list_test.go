package passwordlist_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/passwordlist"
)

func shipped(t *testing.T) passwordlist.List {
	t.Helper()
	list, err := passwordlist.Shipped()
	require.NoError(t, err)
	return list
}

func TestWhatIsCommonIsOnTheList(t *testing.T) {
	list := shipped(t)
	require.Greater(t, list.Words(), 80_000)
	for _, password := range []string{
		"password", "PassWord", "123456789", "qwertyuiop", "1q2w3e4r5t", "iloveyou", "trustno1", "123456789012", "international", "elizabeth",
	} {
		require.True(t, list.Has(password), password)
	}
	for _, password := range []string{"", "correct horse battery staple", "vGq7 tumble ox", "пароль 汉语 🦊"} {
		require.False(t, list.Has(password), password)
	}
}

func random(r *rand.Rand) string { return fmt.Sprintf("%016x", r.Uint64()) }

// One in a hundred thousand, as the package says: a million random texts make
// about ten.
func TestFewOthersAreTakenForListed(t *testing.T) {
	list, r := shipped(t), rand.New(rand.NewPCG(1, 2))
	wrong := 0
	for range 1_000_000 {
		if list.Has(random(r)) {
			wrong++
		}
	}
	require.Less(t, wrong, 30)
}

func TestWhatIsPutInIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var words []string
	for range 5000 {
		words = append(words, random(r))
	}
	file := passwordlist.Build(words)
	list, err := passwordlist.Open(string(file))
	require.NoError(t, err)
	require.Equal(t, 5000, list.Words())
	for _, word := range words {
		require.True(t, list.Has(strings.ToUpper(word)))
	}
	require.Equal(t, file, passwordlist.Build(words), "the same words make the same file")
}

func TestCapitalsAndCompositionMakeNoOtherPassword(t *testing.T) {
	list, err := passwordlist.Open(string(passwordlist.Build([]string{passwordlist.Canonical("Äpfel und Birnen")})))
	require.NoError(t, err)
	for _, same := range []string{"äpfel und birnen", "A\u0308PFEL UND BIRNEN"} {
		require.True(t, list.Has(same))
	}
	require.False(t, list.Has("apfel und birnen"))
}

func TestAFileThatIsNoListIsRefused(t *testing.T) {
	good := string(passwordlist.Build([]string{"a word"}))
	for _, file := range []string{"", "x", good[:len(good)-1], good + "x", "\xff" + good[1:], good[:4] + "\x00" + good[5:], "\x00\x00\x00\x00\x10"} {
		_, err := passwordlist.Open(file)
		require.Error(t, err)
	}
}

// The list lies in the program's file: to have it and to ask it takes next to
// no memory.
func TestTheListTakesNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	list := shipped(t)
	for n := range 100 {
		list.Has(fmt.Sprint("password", n))
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(256<<10))
}
