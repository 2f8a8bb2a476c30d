package userfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
)

// maxLine is the longest line that is read, in bytes, and so what a reader
// keeps in memory.
const maxLine = 64 << 10

// Reader reads a file of users, line by line.
type Reader struct {
	in      *bufio.Reader
	line    int
	read    int64
	project *project
}

// NewReader reads from in.
func NewReader(in io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(in, maxLine)} }

// Offset is how many bytes were read.
func (r *Reader) Offset() int64 { return r.read }

// Next gives the record of the next line that is not empty, with what is wrong
// with it when it cannot be read, and io.EOF behind the last.
func (r *Reader) Next() (inbound.UserRecord, error) {
	for {
		text, err := r.text()
		if err != nil {
			return inbound.UserRecord{}, err
		}
		if text == nil {
			return r.faulty(fault.LineTooLong.In("")), nil
		}
		if r.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		record, header := r.parse(text)
		if !header {
			return record, nil
		}
	}
}

// text gives the next line, nil when it is too long, and io.EOF behind the last.
func (r *Reader) text() ([]byte, error) {
	text, err := r.in.ReadSlice('\n')
	r.read += int64(len(text))
	r.line++
	long := false
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		text, err = r.in.ReadSlice('\n')
		r.read += int64(len(text))
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(text) == 0 && !long) {
		return nil, err
	}
	if long {
		return nil, nil
	}
	return text, nil
}

// parse reads a line, and tells whether it is about the file and no user.
func (r *Reader) parse(text []byte) (record inbound.UserRecord, header bool) {
	var l line
	if err := json.Unmarshal(text, &l, json.RejectUnknownMembers(true)); err != nil {
		return r.faulty(why(err)), false
	}
	if l.Project != nil {
		if r.line != 1 || l.Email != "" {
			return r.faulty(fault.LineNoUser.In("firebase_project")), false
		}
		r.project = l.Project
		return inbound.UserRecord{}, true
	}
	record = l.record()
	record.Line = r.line
	if l.Firebase != nil {
		if l.PasswordHash != "" || r.project == nil {
			return r.faulty(fault.LineFirebase.In("firebase")), false
		}
		record.PasswordHash = r.project.hash(*l.Firebase)
	}
	if record.Metadata == "null" {
		record.Metadata = ""
	}
	return record, false
}

func (r *Reader) faulty(f fault.Field) inbound.UserRecord {
	return inbound.UserRecord{Line: r.line, Faults: []fault.Field{f}}
}

// why says what is wrong with a line without a word of it but the names of
// members.
func why(err error) fault.Field {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		field := semantic.JSONPointer.LastToken()
		if errors.Is(err, json.ErrUnknownName) {
			return fault.FieldUnknown.In(clipped(field))
		}
		return fault.FieldWrongType.In(clipped(field))
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(err, jsontext.ErrDuplicateName) {
		return fault.FieldRepeated.In(clipped(syntactic.JSONPointer.LastToken()))
	}
	return fault.LineMalformed.In("")
}

// clipped keeps a name from filling a terminal.
func clipped(name string) string {
	if len(name) > 50 {
		return name[:50]
	}
	return name
}
