package plinto

import (
	"bufio"
	"errors"
	"mime"
	"net/http"
	"strings"
)

// eventStream is the media type of server-sent events (WHATWG HTML section 9.2).
const eventStream = "text/event-stream"

// maxEvent bounds an event, in bytes. A cursor can have some kilobytes.
const maxEvent = 64 << 10

// event is one server-sent event.
type event struct{ name, id, data string }

var errLong = errors.New("an event of the stream is too long")

// readEvent reads up to the end of an event, as far as the feed uses what the
// format allows: line ends are LF or CRLF, and an event has a name and data.
// What has no data is no event.
func readEvent(r *bufio.Reader) (event, error) {
	var e event
	size := 0
	for {
		line, err := readLine(r, maxEvent-size)
		if err != nil {
			return event{}, err
		}
		size += len(line)
		if line == "" {
			if e.data != "" {
				return e, nil
			}
			e = event{}
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			if e.data != "" {
				e.data += "\n"
			}
			e.data += value
		}
	}
}

// readLine reads a line of at most so many bytes.
func readLine(r *bufio.Reader, most int) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > most {
			return "", errLong
		}
		if err == nil {
			return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
}

func isEventStream(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == eventStream
}
