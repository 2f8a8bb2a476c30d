package userfile

import (
	"bufio"
	"io"

	"github.com/go-json-experiment/json"

	"github.com/plinto/plinto/ports/inbound"
)

// Writer writes a file of users that a Reader reads.
type Writer struct{ out *bufio.Writer }

// NewWriter writes to out; Flush ends it.
func NewWriter(out io.Writer) *Writer { return &Writer{bufio.NewWriter(out)} }

// Write writes a line.
func (w *Writer) Write(r inbound.UserRecord) error {
	text, err := json.Marshal(lineOf(r))
	if err != nil {
		return err
	}
	if _, err := w.out.Write(text); err != nil {
		return err
	}
	return w.out.WriteByte('\n')
}

// Flush writes what is not written yet.
func (w *Writer) Flush() error { return w.out.Flush() }
