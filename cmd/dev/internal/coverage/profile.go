// Package coverage owns the reading of coverage profiles: it merges what many
// test binaries say of the same code and adds it up by layer. It sets no goal.
package coverage

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Profile says of each block of statements whether any test has run it.
type Profile struct {
	blocks map[block]bool
}

// block is a run of statements without a branch.
type block struct {
	file       string // package path and file name
	span       string // where it begins and ends
	statements int
}

// Read reads a profile as `go test -coverprofile` writes it. With -coverpkg
// that lists a block once for every test binary which holds it, so that a
// block is covered when one of its lines says so, in whatever mode.
func Read(r io.Reader) (Profile, error) {
	p := Profile{blocks: map[block]bool{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "mode: ") {
			continue
		}
		b, count, err := parse(line)
		if err != nil {
			return Profile{}, fmt.Errorf("coverage profile, line %d: %w", n, err)
		}
		p.blocks[b] = p.blocks[b] || count > 0
	}
	if err := lines.Err(); err != nil {
		return Profile{}, fmt.Errorf("coverage profile: %w", err)
	}
	return p, nil
}

// parse reads a line such as "example.org/m/a.go:2.19,2.30 1 0": the file, the
// span, the number of statements, how often they ran.
func parse(line string) (block, int, error) {
	fields := strings.Fields(line)
	colon := strings.LastIndexByte(line, ':')
	if len(fields) != 3 || colon < 0 {
		return block{}, 0, fmt.Errorf("%q is not a block", line)
	}
	statements, err := strconv.Atoi(fields[1])
	if err != nil {
		return block{}, 0, err
	}
	count, err := strconv.Atoi(fields[2])
	if err != nil {
		return block{}, 0, err
	}
	return block{line[:colon], fields[0][colon+1:], statements}, count, nil
}
