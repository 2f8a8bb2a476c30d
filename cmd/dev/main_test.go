package main

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUsage(t *testing.T) {
	code, out, _ := dev(t, "--help")
	require.Zero(t, code)
	for _, c := range tasks() {
		require.Contains(t, out, "  "+c.name)
	}
	code, _, errOut := dev(t)
	require.Equal(t, 2, code)
	require.Contains(t, errOut, "usage:")

	code, _, errOut = dev(t, "tset")
	require.Equal(t, 2, code)
	require.Contains(t, errOut, `there is no command "tset"`)
}

func TestEveryCommandHasHelpAndRefusesNonsense(t *testing.T) {
	house(t, nil)
	for _, c := range tasks() {
		code, _, errOut := dev(t, c.name, "--help")
		require.Zero(t, code, c.name)
		require.Contains(t, errOut, "usage: go run ./cmd/dev "+c.name)

		code, _, errOut = dev(t, c.name, "-nonsense")
		require.Equal(t, 2, code, c.name)
		require.Contains(t, errOut, "-nonsense")
	}
	for _, name := range []string{"up", "generate"} {
		code, _, errOut := dev(t, name, "more")
		require.Equal(t, 2, code)
		require.Contains(t, errOut, `"more" is one argument too many`)
	}
}

func TestItRunsAtTheTopOnly(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, errOut := dev(t, "verify")
	require.Equal(t, 1, code)
	require.Equal(t, "dev: run it at the top of the repository, where go.mod says module github.com/plinto/plinto\n", errOut)
}

func TestFlagsMayFollowArguments(t *testing.T) {
	o, err := parseTest([]string{"./core/...", "-run", "Forged", "./config", "-v"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, []string{"./core/...", "./config"}, o.packages)
	require.Equal(t, "Forged", o.run)
	require.True(t, o.verbose)
	require.True(t, o.race)
	require.False(t, o.cover, "some of the tests cover some of the code")

	o, err = parseTest([]string{"-bench"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, []string{"./..."}, o.packages)
	require.False(t, o.race)
	require.False(t, o.cover)
}

func TestTestArguments(t *testing.T) {
	args := func(words ...string) []string {
		o, err := parseTest(words, io.Discard)
		require.NoError(t, err)
		o.cover = false
		args, err := testArgs(t.Context(), o, "")
		require.NoError(t, err)
		return args[6:]
	}
	require.Equal(t, []string{"-race", "./..."}, args())
	require.Equal(t, []string{"-run=Forged", "-race", "./core"}, args("./core", "-run", "Forged"))
	require.Equal(t, []string{"-run=^$", "-bench=.", "-benchtime=1x", "-benchmem", "./..."}, args("-bench"))
	require.Equal(t, []string{"-run=^$", "-bench=Hash", "-benchtime=1s", "-benchmem", "./..."}, args("-bench", "-run", "Hash", "-benchtime", "1s"))
}

func TestComplaintsLeaveOutWhatIsOrdinary(t *testing.T) {
	var b writer
	c := &complaints{out: &b}
	for _, part := range []string{"warning: no packages being tested depend on mat", "ches for pattern x\nld: tr", "ouble\nhalf"} {
		n, err := c.Write([]byte(part))
		require.NoError(t, err)
		require.Equal(t, len(part), n)
	}
	require.Equal(t, "ld: trouble\n", string(b))
}

type writer []byte

func (w *writer) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), errors.New("the terminal is gone")
}

func TestProgressIsNoComplaint(t *testing.T) {
	require.Equal(t, "a\nb", withoutProgress("go: downloading x v1\na\ngo: downloading y v2\nb"))
}
