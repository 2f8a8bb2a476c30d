package architecture

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// file is what the check needs to know of a Go file.
type file struct {
	name    string // relative to the top
	dir     string
	pkg     string
	test    bool
	imports []mention // their paths
	clock   []mention // uses of the clock, such as time.Now
	words   []mention // what it has faults say in words of its own
}

// mention is something that stands on a line.
type mention struct {
	what string
	line int
}

// readTree parses every Go file of a module, whatever its build constraints.
// Like the go command it leaves out testdata, names that begin with "." or
// "_", and modules inside the module.
func readTree(tree fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && isLeftOut(tree, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_") {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		f, err := read(name, source)
		files = append(files, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("architecture: %w", err)
	}
	return files, nil
}

func isLeftOut(tree fs.FS, dir string) bool {
	base := path.Base(dir)
	if base == "testdata" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := fs.Stat(tree, path.Join(dir, "go.mod"))
	return err == nil
}

func read(name string, source []byte) (file, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, source, 0)
	if err != nil {
		return file{}, err
	}
	f := file{name: name, dir: path.Dir(name), pkg: parsed.Name.Name, test: strings.HasSuffix(name, "_test.go")}
	timeIs := ""
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, err
		}
		line := set.Position(spec.Pos()).Line
		f.imports = append(f.imports, mention{imported, line})
		if strings.HasSuffix(imported, "/"+wordsHome) {
			name := path.Base(wordsHome)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			if f.words = ownWords(set, parsed, name); name == "." {
				f.words = append(f.words, mention{"an import without a name", line})
			}
		}
		if imported != "time" {
			continue
		}
		timeIs = "time"
		if spec.Name != nil {
			timeIs = spec.Name.Name
		}
		if timeIs == "." {
			f.clock = append(f.clock, mention{`import . "time"`, line})
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		// An identifier that stands for a package resolves to no object.
		of, ok := selector.X.(*ast.Ident)
		if ok && of.Obj == nil && of.Name == timeIs && slices.Contains(clock, selector.Sel.Name) {
			f.clock = append(f.clock, mention{"time." + selector.Sel.Name, set.Position(n.Pos()).Line})
		}
		return true
	})
	return f, nil
}
