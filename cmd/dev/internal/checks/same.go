package checks

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

// Differences compares one directory in two trees, byte by byte, and returns a
// sentence for each file that is not the same in both. A directory that does
// not exist is an empty one.
func Differences(committed, generated fs.FS, dir string) ([]string, error) {
	was, err := contents(committed, dir)
	if err != nil {
		return nil, err
	}
	is, err := contents(generated, dir)
	if err != nil {
		return nil, err
	}
	var differences []string
	for _, name := range slices.Sorted(maps.Keys(is)) {
		old, ok := was[name]
		switch {
		case !ok:
			differences = append(differences, name+" is missing")
		case !bytes.Equal(old, is[name]):
			differences = append(differences, name+" is not what the SQL says")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, ok := is[name]; !ok {
			differences = append(differences, name+" comes from no SQL")
		}
	}
	return differences, nil
}

func contents(tree fs.FS, dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(tree, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(tree, name)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("generated code: %w", err)
	}
	return files, nil
}
