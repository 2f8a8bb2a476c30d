package drift_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/sql/drift"
)

const (
	query     = "sql/queries/users.sql"
	generated = "adapters/sqlite/internal/db/users.sql.go"
)

func repository(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{
		"sqlc.yaml": {Data: []byte("version: 2")},
		"sql/sqlite/migrations/0001_identity.sql": {Data: []byte("CREATE TABLE users")},
		"sql/embed.go":             {Data: []byte("package schema")},
		query:                      {Data: []byte("SELECT 1")},
		generated:                  {Data: []byte("package db")},
		"adapters/sqlite/store.go": {Data: []byte("package sqlite")},
	}
	sum, err := drift.Sum(files)
	require.NoError(t, err)
	files[drift.SumFile] = &fstest.MapFile{Data: sum}
	return files
}

func TestSumIsWhatSha256sumPrints(t *testing.T) {
	sum, err := drift.Sum(fstest.MapFS{"sqlc.yaml": {}, "sql/b.sql": {Data: []byte("b")}, "sql/a.sql": {Data: []byte("a")}})
	require.NoError(t, err)
	require.Equal(t, ""+
		"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  sql/a.sql\n"+
		"3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  sql/b.sql\n"+
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  sqlc.yaml\n", string(sum))
}

func TestDifferences(t *testing.T) {
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		want   []string
	}{
		"none":                   {func(fstest.MapFS) {}, nil},
		"a query":                {func(f fstest.MapFS) { f[query].Data = []byte("SELECT 2") }, []string{query + " has changed since the code was generated"}},
		"a new query":            {func(f fstest.MapFS) { f["sql/queries/new.sql"] = &fstest.MapFile{} }, []string{"sql/queries/new.sql is new since the code was generated"}},
		"the settings":           {func(f fstest.MapFS) { f["sqlc.yaml"].Data = nil }, []string{"sqlc.yaml has changed since the code was generated"}},
		"the settings are gone":  {func(f fstest.MapFS) { delete(f, "sqlc.yaml") }, []string{"sqlc.yaml has gone since the code was generated"}},
		"generated code":         {func(f fstest.MapFS) { f[generated].Data = []byte("package db // by hand") }, []string{generated + " has changed since the code was generated"}},
		"generated code is gone": {func(f fstest.MapFS) { delete(f, generated) }, []string{generated + " has gone since the code was generated"}},
		"a hand-made neighbour":  {func(f fstest.MapFS) { f["adapters/sqlite/internal/db/more.go"] = &fstest.MapFile{} }, []string{"adapters/sqlite/internal/db/more.go is new since the code was generated"}},
		"what is not generated":  {func(f fstest.MapFS) { f["adapters/sqlite/store.go"].Data = nil; f["sql/embed.go"].Data = nil }, nil},
		"two, in order":          {func(f fstest.MapFS) { f[query].Data = nil; delete(f, generated) }, []string{generated + " has gone since the code was generated", query + " has changed since the code was generated"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := repository(t)
			c.change(files)
			got, err := drift.Differences(files)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestSumFileMustBeThereAndReadable(t *testing.T) {
	files := repository(t)
	files[drift.SumFile].Data = []byte("nonsense\n")
	_, err := drift.Differences(files)
	require.ErrorContains(t, err, drift.SumFile)

	delete(files, drift.SumFile)
	_, err = drift.Differences(files)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// broken fails to open one file.
type broken struct {
	fstest.MapFS
	name string
}

var errBroken = errors.New("broken")

func (b broken) Open(name string) (fs.File, error) {
	if name == b.name {
		return nil, errBroken
	}
	return b.MapFS.Open(name)
}

func (b broken) ReadFile(name string) ([]byte, error) {
	if name == b.name {
		return nil, errBroken
	}
	return b.MapFS.ReadFile(name)
}

func TestUnreadableFileIsAnError(t *testing.T) {
	_, err := drift.Sum(broken{repository(t), query})
	require.ErrorIs(t, err, errBroken)
	_, err = drift.Differences(broken{repository(t), query})
	require.ErrorIs(t, err, errBroken)
}
