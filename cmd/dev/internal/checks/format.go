package checks

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
)

// Unformatted returns the Go files of a tree that gofmt would change, as
// `gofmt -l` does. Directories whose names begin with a dot are left out. A
// file that is no Go is an error.
func Unformatted(tree fs.FS) ([]string, error) {
	var names []string
	var errs error
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		// format.Source takes a lone statement as well, which is no file.
		_, err = parser.ParseFile(token.NewFileSet(), "", source, parser.PackageClauseOnly)
		var formatted []byte
		if err == nil {
			formatted, err = format.Source(source)
		}
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("%s:%w", name, err))
			return nil
		}
		if !bytes.Equal(source, formatted) {
			names = append(names, name)
		}
		return nil
	})
	return names, errors.Join(err, errs)
}
