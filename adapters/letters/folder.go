package letters

import (
	"errors"
	"fmt"
	html "html/template"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/text/language"

	"github.com/plinto/plinto/core/mail"
)

// maxFile is more than words or a template need.
const maxFile = 1 << 20

// ship reads what is built in.
func (l *Letters) ship() error {
	return fs.WalkDir(shipped, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := shipped.ReadFile(name)
		if err != nil {
			return err
		}
		return l.take(path.Base(name), content)
	})
}

// override reads a folder over what is built in, and gives everything that is
// wrong with it. What begins with a dot is nobody's: volumes keep such entries.
func (l *Letters) override(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	defer root.Close()
	var wrong []error
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if err := l.takeFile(root, entry.Name()); err != nil {
			wrong = append(wrong, fmt.Errorf("letters: %s: %w", path.Join(folder, entry.Name()), err))
		}
	}
	return errors.Join(wrong...)
}

func (l *Letters) takeFile(root *os.Root, name string) error {
	info, err := root.Stat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("is not a file")
	}
	if info.Size() > maxFile {
		return errors.New("is larger than 1 MiB")
	}
	content, err := root.ReadFile(name)
	if err != nil {
		return err
	}
	return l.take(name, content)
}

// take reads one file: words by the tag of their language, a template of all
// letters or of one kind.
func (l *Letters) take(name string, content []byte) error {
	base, kind := strings.TrimSuffix(name, path.Ext(name)), mail.Kind("")
	if path.Ext(name) == ".json" {
		tag, err := language.Parse(base)
		if err != nil || tag.String() != base {
			return fmt.Errorf("%q is not the tag of a language, such as en or pt-BR", base)
		}
		w := l.words[tag]
		if w == nil {
			w = &words{}
		}
		l.words[tag] = w
		return w.parse(content)
	}
	if base != "letter" {
		if kind = mail.Kind(base); !slices.Contains(kinds(), kind) {
			return errors.New("is no file that letters are made of")
		}
	}
	var err error
	switch path.Ext(name) {
	case ".txt":
		l.texts[kind], err = template.New(name).Option("missingkey=error").Parse(string(content))
	case ".html":
		l.htmls[kind], err = html.New(name).Option("missingkey=error").Parse(string(content))
	default:
		err = errors.New("is no file that letters are made of")
	}
	return err
}
