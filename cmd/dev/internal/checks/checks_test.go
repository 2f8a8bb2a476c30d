package checks_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/cmd/dev/internal/checks"
)

func TestStrangers(t *testing.T) {
	require.Empty(t, checks.Strangers([]string{
		".ci", ".gitignore", "README.md", "Taskfile.yml", "adapters", "cmd", "config", "core", "go.mod", "go.sum", "ports", "sql", "sqlc.yaml",
	}))
	require.Equal(t, []string{"Makefile", "docs", "internal"}, checks.Strangers([]string{"Makefile", "core", "docs", "internal"}))
}

func TestTopOf(t *testing.T) {
	require.Equal(t, []string{".ci", "core", "go.mod"}, checks.TopOf([]string{"core/user/user.go", "go.mod", ".ci/run", "core/doc.go", ""}))
}

func TestUnformatted(t *testing.T) {
	names, err := checks.Unformatted(fstest.MapFS{
		"good.go":      {Data: []byte("package a\n")},
		"deep/bad.go":  {Data: []byte("package  a\n")},
		"deep/data.md": {Data: []byte("package  a\n")},
		".git/bad.go":  {Data: []byte("package  a\n")},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"deep/bad.go"}, names)

	names, err = checks.Unformatted(fstest.MapFS{"a.go": {Data: []byte("no Go")}, "b.go": {Data: []byte("package  b\n")}})
	require.ErrorContains(t, err, "a.go:1:")
	require.Equal(t, []string{"b.go"}, names, "one broken file does not hide the others")
}

func TestDifferences(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	committed := fstest.MapFS{"db/same.go": file("a"), "db/old.go": file("b"), "db/changed.go": file("c"), "other.go": file("x")}
	generated := fstest.MapFS{"db/same.go": file("a"), "db/new.go": file("b"), "db/changed.go": file("C")}
	differences, err := checks.Differences(committed, generated, "db")
	require.NoError(t, err)
	require.Equal(t, []string{
		"db/changed.go is not what the SQL says",
		"db/new.go is missing",
		"db/old.go comes from no SQL",
	}, differences)

	differences, err = checks.Differences(committed, committed, "db")
	require.NoError(t, err)
	require.Empty(t, differences)

	differences, err = checks.Differences(fstest.MapFS{}, generated, "db")
	require.NoError(t, err)
	require.Len(t, differences, 3)
}

// broken opens nothing.
type broken struct{}

var errBroken = errors.New("broken")

func (broken) Open(string) (fs.File, error) { return nil, errBroken }

func TestUnreadableTreesAreErrors(t *testing.T) {
	_, err := checks.Unformatted(broken{})
	require.ErrorIs(t, err, errBroken)
	_, err = checks.Differences(broken{}, fstest.MapFS{}, "db")
	require.ErrorIs(t, err, errBroken)
	_, err = checks.Differences(fstest.MapFS{}, broken{}, "db")
	require.ErrorIs(t, err, errBroken)
}

func TestDead(t *testing.T) {
	nothing := `[{"Name":"user","Path":"example.org/m/core/user","Funcs":[{"Name":"Forgotten","Position":{"File":"core/user/user.go","Line":7,"Col":6}}]}]`
	noCommand := `[
		{"Path":"example.org/m/core/user","Funcs":[
			{"Name":"Forgotten","Position":{"File":"core/user/user.go","Line":7}},
			{"Name":"User.Tested","Position":{"File":"core/user/user.go","Line":3}}]},
		{"Path":"example.org/m/ports/porttest","Funcs":[{"Name":"Store","Position":{"File":"store.go","Line":1}}]},
		{"Path":"example.org/m/config","Funcs":[
			{"Name":"Hidden.LogValue","Position":{"File":"markdown.go","Line":1}},
			{"Name":"Secret.LogValue","Position":{"File":"secret.go","Line":1}},
			{"Name":"LogValue","Position":{"File":"secret.go","Line":9}}]},
		{"Path":"example.org/m/ports/outbound","Funcs":[{"Name":"Tested","Position":{"File":"a.go","Line":2}}]}]`
	dead, err := checks.Dead("example.org/m", []byte(nothing), []byte(noCommand))
	require.NoError(t, err)
	require.Equal(t, []string{
		"config/secret.go:9: LogValue is called by tests only",
		"core/user/user.go:3: User.Tested is called by tests only",
		"core/user/user.go:7: Forgotten is called by nothing",
		"ports/outbound/a.go:2: Tested is called by tests only",
	}, dead)

	// What is made for tests is dead all the same when no test calls it.
	dead, err = checks.Dead("example.org/m", []byte(`[{"Path":"example.org/m/ports/porttest","Funcs":[{"Name":"Old","Position":{"File":"a.go","Line":2}}]}]`), []byte("null"))
	require.NoError(t, err)
	require.Equal(t, []string{"ports/porttest/a.go:2: Old is called by nothing"}, dead)

	_, err = checks.Dead("m", []byte("nonsense"), []byte("[]"))
	require.Error(t, err)
	_, err = checks.Dead("m", []byte("[]"), []byte("nonsense"))
	require.Error(t, err)
}
