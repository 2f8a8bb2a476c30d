package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/viper"
)

// Source is where settings are read from.
//
// A setting comes from the first of these that names it: Overrides, Environ,
// the .env file, its default. A name given an empty value asks for the default,
// so NAME= in the environment switches off what a .env file says. NAME_FILE in
// place of NAME gives a file that holds the value.
type Source struct {
	// Environ has the environment as os.Environ gives it. Of two entries of one
	// name the last holds. Names that are not settings are nobody's business.
	Environ []string
	// Dir is where a .env file is looked for; empty looks nowhere. The file is
	// read in development and test only. A name in it that is not a setting is a
	// fault, except for those of OpenTelemetry.
	Dir string
	// Overrides maps names of settings to values, from the command line.
	Overrides map[string]string
}

// Load reads, parses and checks the configuration. Its error is a *[Faults] with
// everything that is wrong, and comes with the zero Config: half a
// configuration is not one.
func Load(src Source) (Config, error) {
	var cfg Config
	l := loading{settings: catalogue(&cfg)}
	values := l.gather(src)
	for _, s := range l.settings {
		if value := values.GetString(s.name); value != "" {
			l.faults.note(s.name, s.read(value))
		}
	}
	cfg.derive()
	// What could not be read has its fault; that it is now missing as well is no news.
	unsound := slices.DeleteFunc(Check(cfg), func(f Fault) bool { return l.faults.about(f.Name) })
	l.faults.List = append(l.faults.List, unsound...)
	if len(l.faults.List) > 0 {
		inOrder(l.faults.List, l.settings)
		return Config{}, &l.faults
	}
	cfg.Warnings = append(l.warnings, warnings(cfg)...)
	return cfg, nil
}

// loading is one run of Load.
type loading struct {
	settings []setting
	faults   Faults
	warnings []string
}

// gather collects the layers into one private viper instance. Which defaults
// apply, and whether there is a .env file, depends on the environment, so that is
// found first.
func (l *loading) gather(src Source) *viper.Viper {
	for _, name := range slices.Sorted(maps.Keys(src.Overrides)) {
		l.expect(name, "")
	}
	overrides := l.layer(src.Overrides)
	environ := l.layer(split(src.Environ))
	env, chosen := l.environment(overrides, environ)
	var file map[string]string
	switch path := filepath.Join(src.Dir, dotenvName); {
	case src.Dir == "":
	case chosen && !env.local():
		if _, err := os.Stat(path); err == nil {
			l.warnings = append(l.warnings, "the "+dotenvName+" file is not read in "+string(env))
		}
	default:
		file = l.file(path)
		if !chosen {
			env, chosen = l.environment(file)
		}
		if chosen && !env.local() && env != "" {
			l.faults.add("ENVIRONMENT", fmt.Sprintf("is %s in a %s file, which is read in development and test only; set it in the environment", env, dotenvName))
			env, file = Development, nil
		}
	}

	v := viper.New()
	lower := map[string]any{}
	for _, s := range l.settings {
		v.SetDefault(s.name, s.defaultIn(env))
		for _, layer := range []map[string]string{file, environ} {
			if value, given := layer[s.name]; given {
				lower[s.name] = s.orDefault(value, env)
			}
		}
		if value, given := overrides[s.name]; given {
			v.Set(s.name, s.orDefault(value, env))
		}
	}
	l.faults.note(dotenvName, v.MergeConfigMap(lower))
	return v
}

// orDefault is the value, or the default for the empty one.
func (s setting) orDefault(value string, e Environment) string {
	if value == "" {
		return s.defaultIn(e)
	}
	return value
}

// environment finds the ENVIRONMENT in the first layer that names it, and tells
// whether one does. It is empty when what is named cannot be read.
func (l *loading) environment(layers ...map[string]string) (Environment, bool) {
	if l.faults.about("ENVIRONMENT") {
		return "", true
	}
	for _, layer := range layers {
		if value, given := layer["ENVIRONMENT"]; given {
			named := Development
			if value != "" && environment(&named)(value) != nil {
				named = ""
			}
			return named, true
		}
	}
	return Development, false
}

// expect notes a fault when name is neither a setting nor its file variant;
// where says where it stands.
func (l *loading) expect(name, where string) {
	if !known(l.settings, name) && !known(l.settings, strings.TrimSuffix(name, fileSuffix)) {
		l.faults.add(name, unknown(l.settings, name)+where)
	}
}

// layer picks the settings out of what one place gives, and reads the files
// that are named instead.
func (l *loading) layer(given map[string]string) map[string]string {
	layer := map[string]string{}
	for _, s := range l.settings {
		value, present := given[s.name]
		path := given[s.name+fileSuffix]
		switch {
		case path == "":
			if present {
				layer[s.name] = value
			}
		case value != "":
			l.faults.add(s.name, "is set, and so is "+s.name+fileSuffix+"; keep one of them")
		default:
			content, err := readFile(path)
			if err == nil && content == "" {
				err = errors.New("the file is empty")
			}
			if err != nil {
				l.faults.add(s.name, fmt.Sprintf("%s cannot be read: %v; it must name a file that holds the value", s.name+fileSuffix, err))
			}
			layer[s.name] = content
		}
	}
	return layer
}

// file reads a .env file, if it is there.
func (l *loading) file(path string) map[string]string {
	content, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	l.faults.note(dotenvName, err)
	given := map[string]string{}
	entries, faults := parseDotenv(content)
	l.faults.List = append(l.faults.List, faults...)
	for _, e := range entries {
		if strings.HasPrefix(e.name, "OTEL_") && !known(l.settings, e.name) {
			l.warnings = append(l.warnings, e.name+" is set and has no effect in this version")
			continue
		}
		l.expect(e.name, fmt.Sprintf(" (%s line %d)", dotenvName, e.line))
		given[e.name] = e.value
	}
	return l.layer(given)
}

// split makes a map of NAME=value entries.
func split(environ []string) map[string]string {
	given := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, found := strings.Cut(entry, "="); found {
			given[name] = value
		}
	}
	return given
}

// maxFile is more than any value and less than what would hurt.
const maxFile = 1 << 20

// readFile reads a small file without the line ends at its end. Its errors do
// not hold the path: who mistakes NAME_FILE for NAME has put a secret there.
func readFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", withoutPath(err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", withoutPath(err)
	}
	if len(content) > maxFile {
		return "", errors.New("the file is larger than 1 MiB")
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}

// withoutPath is what the system said, without the name it was said about.
func withoutPath(err error) error {
	at := &fs.PathError{Err: errors.New("it cannot be opened")}
	errors.As(err, &at)
	return at.Err
}
