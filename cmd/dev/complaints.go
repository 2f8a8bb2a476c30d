package main

import (
	"bytes"
	"io"
)

// complaints passes on what the go command says on its standard error, line by
// line, without its warning about packages that -coverpkg names and no chosen
// test imports: that is ordinary when only some packages are tested.
type complaints struct {
	out  io.Writer
	rest []byte
}

var irrelevant = []byte("warning: no packages being tested depend on matches for pattern")

// Write never fails: a lost terminal must not stop the run.
func (c *complaints) Write(p []byte) (int, error) {
	c.rest = append(c.rest, p...)
	for {
		end := bytes.IndexByte(c.rest, '\n') + 1
		if end == 0 {
			return len(p), nil
		}
		if !bytes.HasPrefix(c.rest, irrelevant) {
			_, _ = c.out.Write(c.rest[:end])
		}
		c.rest = c.rest[end:]
	}
}
