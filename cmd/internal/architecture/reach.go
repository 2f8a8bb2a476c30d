package architecture

import (
	"fmt"
	"go/build"
	"path/filepath"
	"slices"
)

// reach follows the imports of the standard library.
type reach struct {
	imports func(path string) ([]string, error)
	seen    map[string]string // path to the way found, "" for none
}

// way returns the chain of imports by which a package reaches something
// unreachable, such as "net/mail -> net", or "" when it does not.
func (r reach) way(path string) (string, error) {
	if slices.Contains(unreachable, path) {
		return path, nil
	}
	if way, ok := r.seen[path]; ok {
		return way, nil
	}
	r.seen[path] = ""
	next, err := r.imports(path)
	if err != nil {
		return "", err
	}
	for _, n := range next {
		way, err := r.way(n)
		if err != nil {
			return "", err
		}
		if way != "" {
			r.seen[path] = path + " -> " + way
			break
		}
	}
	return r.seen[path], nil
}

// Standard reads what a package of this machine's standard library imports.
func Standard(path string) ([]string, error) {
	if path == "unsafe" || path == "C" {
		return nil, nil
	}
	root := filepath.Join(build.Default.GOROOT, "src")
	pkg, err := build.ImportDir(filepath.Join(root, path), 0)
	if err != nil {
		var vendored error
		pkg, vendored = build.ImportDir(filepath.Join(root, "vendor", path), 0)
		if vendored != nil {
			return nil, fmt.Errorf("standard library: %w", err)
		}
	}
	return pkg.Imports, nil
}
