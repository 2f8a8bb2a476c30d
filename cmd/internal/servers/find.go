package servers

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// postgresPlaces is where distributions keep versioned PostgreSQL programs,
// away from PATH.
var postgresPlaces = [...]string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
}

// postgresPrograms returns the directory that holds both initdb and postgres,
// or "". Versioned directories come first and the newest of them wins: what is
// on PATH may be a wrapper that chooses a cluster by itself.
func (h host) postgresPrograms(ctx context.Context) string {
	for _, place := range postgresPlaces {
		dirs := h.glob(place)
		slices.SortFunc(dirs, func(a, b string) int { return slices.Compare(version(b), version(a)) })
		for _, dir := range dirs {
			if h.hasPostgres(dir) {
				return dir
			}
		}
	}
	for _, program := range []string{"initdb", "postgres"} {
		path, err := h.lookPath(program)
		if err != nil {
			continue
		}
		if target, err := h.resolve(path); err == nil && h.hasPostgres(filepath.Dir(target)) {
			return filepath.Dir(target)
		}
		if h.hasPostgres(filepath.Dir(path)) {
			return filepath.Dir(path)
		}
	}
	if out, err := h.run(ctx, "pg_config", "--bindir"); err == nil {
		if dir := strings.TrimSpace(out); h.hasPostgres(dir) {
			return dir
		}
	}
	return ""
}

func (h host) hasPostgres(dir string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := h.lookPath(filepath.Join(dir, program)); err != nil {
			return false
		}
	}
	return true
}

// redisProgram returns the path of a Redis server, or "".
func (h host) redisProgram() string {
	path, err := h.lookPath("redis-server")
	if err != nil {
		return ""
	}
	return path
}

// version reads the numbers of a path such as /usr/lib/postgresql/9.6/bin.
func version(path string) []int {
	var numbers []int
	for _, field := range strings.FieldsFunc(path, func(r rune) bool { return r < '0' || r > '9' }) {
		if n, err := strconv.Atoi(field); err == nil {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// lastLines returns the last n lines of s.
func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
