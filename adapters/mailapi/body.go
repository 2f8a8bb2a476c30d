package mailapi

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

var errSealed = errors.New("the request is over")

// body is the content of a request that calls begin when the transport comes for
// its first byte: the service is connected to by then, and has not got anything
// that it could accept.
type body struct {
	content io.Reader

	mu     sync.Mutex
	begin  func() error
	begun  bool
	sealed bool
	err    error // of begin
}

func newBody(content []byte, begin func() error) *body {
	return &body{content: bytes.NewReader(content), begin: begin}
}

// Read gives the content, if begin lets it.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.sealed:
		return 0, errSealed
	case !b.begun && b.err == nil:
		if b.err = b.begin(); b.err == nil {
			b.begun = true
		}
	}
	if b.err != nil {
		return 0, b.err
	}
	return b.content.Read(p)
}

// Close does nothing: the transport closes what it gives up, too.
func (b *body) Close() error { return nil }

// seal lets begin not be called any more, waits for one that is being, and
// tells whether it was and with which error. The transport reads beside whoever
// gave it the request, and may still do so when that one gives up.
func (b *body) seal() (begun bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sealed = true
	return b.begun, b.err
}
