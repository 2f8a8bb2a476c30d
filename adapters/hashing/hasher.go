package hashing

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/outbound"
)

// Algorithm names what new hashes are made by.
type Algorithm string

const (
	// Bcrypt is bcrypt, the default.
	Bcrypt Algorithm = "bcrypt"
	// Argon2id is Argon2id (RFC 9106).
	Argon2id Algorithm = "argon2id"
)

// Options are how much work a Hasher does.
type Options struct {
	// Algorithm is that of new hashes; none is Bcrypt.
	Algorithm Algorithm
	// Cost is bcrypt's; one more doubles the time. 4 to 31.
	Cost int
	// Argon2 is how much work a hash of Argon2id is.
	Argon2 Argon2
	// Workers is how many hashes are made at a time; 0 is one fewer than
	// there are processors, and one at least.
	Workers int
	// Queue is how many callers may wait for a worker; 0 is none.
	Queue int
	// Timeout is how long one of them waits at most; 0 is as long as the
	// caller's context lets it.
	Timeout time.Duration
}

// scheme makes new hashes, by one algorithm at one cost.
type scheme interface {
	// hash gives a new hash of a text.
	hash(text string) (string, error)
	// nobodys is a hash that no text matches, and costs what a new one does.
	nobodys() hash
	// share is how much of the work of a new hash another takes; false when
	// that can only be measured.
	share(of hash) (float64, bool)
	// current reports whether a hash is as good as a new one.
	current(h hash) bool
	// spend takes a share of the work of a new hash, 0 to 1.
	spend(share float64)
}

// hash is a stored hash that was read.
type hash interface {
	// match reports whether it is one of this text. It takes the same work
	// for every text.
	match(text string) (bool, error)
}

// Hasher is an outbound.Hasher.
type Hasher struct {
	scheme scheme
	reader reader
	lane   *lane

	mu      sync.Mutex
	typical time.Duration // that a new hash takes, on average; 0 before the first
}

var _ outbound.Hasher = (*Hasher)(nil)

// New gives a hasher.
func New(o Options) (*Hasher, error) {
	if o.Workers < 0 || o.Queue < 0 || o.Timeout < 0 {
		return nil, errors.New("a lane of hashes has no fewer than 0 workers, places to wait or time to wait")
	}
	if o.Workers == 0 {
		o.Workers = max(1, runtime.GOMAXPROCS(0)-1)
	}
	e := newEngine()
	h := &Hasher{reader: reader{engine: e, bcryptCost: foreignCost}, lane: newLane(o.Workers, o.Queue, o.Timeout)}
	switch o.Algorithm {
	case Bcrypt, "":
		s, err := newBcryptScheme(e, o.Cost)
		if err != nil {
			return nil, err
		}
		h.scheme, h.reader.bcryptCost = s, max(o.Cost, foreignCost)
	case Argon2id:
		s, err := newArgon2Scheme(e, o.Argon2)
		if err != nil {
			return nil, err
		}
		h.scheme = s
	default:
		return nil, fmt.Errorf("no algorithm for new password hashes is called %q", o.Algorithm)
	}
	return h, nil
}

// Normalize gives the password in Unicode NFC.
func (h *Hasher) Normalize(p credential.Password) credential.Password {
	return credential.NewPassword(norm.NFC.String(p.Reveal()))
}

// Hash gives a hash of the configured algorithm and cost.
func (h *Hasher) Hash(ctx context.Context, p credential.Password) (string, error) {
	text := h.Normalize(p).Reveal()
	var made string
	err := h.lane.do(ctx, func() (err error) {
		defer h.measure(time.Now())
		made, err = h.scheme.hash(text)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return made, nil
}

// The errors of a hash that cannot be compared with. They do not quote it: it
// would be an attacker's to guess at.
var (
	errUnreadable = errors.New("the stored password hash is of no form that is known here")
	errTooCostly  = errors.New("the stored password hash asks for more work than is allowed")
)

// Verify compares a password with a hash, whichever algorithm made it: with
// nobody's hash, and with one it cannot read, by a comparison that costs what a
// new one does. A comparison that fails costs at least that.
func (h *Hasher) Verify(ctx context.Context, p credential.Password, stored string) (bool, error) {
	text := h.Normalize(p).Reveal()
	read, unreadable := h.reader.read(stored)
	comparable := unreadable == nil
	if !comparable {
		read = h.scheme.nobodys()
	}
	var match bool
	err := h.lane.do(ctx, func() (err error) {
		begin := time.Now() // to measure by, not to tell the time
		match, err = read.match(text)
		if share, known := h.scheme.share(read); known && share == 1 {
			h.measure(begin)
		}
		if !match {
			h.makeUp(read, time.Since(begin))
		}
		return err
	})
	switch {
	case err != nil:
		return false, fmt.Errorf("verify password: %w", err)
	case stored == "":
		return false, nil
	case unreadable != nil:
		return false, fmt.Errorf("verify password: %w", unreadable)
	}
	return match && comparable, nil
}

// makeUp spends what a comparison with a cheaper hash than a new one has saved,
// so that an old account takes as long to refuse as one that does not exist.
func (h *Hasher) makeUp(with hash, took time.Duration) {
	share, known := h.scheme.share(with)
	if !known {
		h.mu.Lock()
		typical := h.typical
		h.mu.Unlock()
		if typical > 0 {
			share = float64(took) / float64(typical)
		}
	}
	if share >= 1 {
		return
	}
	begin := time.Now()
	h.scheme.spend(1 - share)
	if share == 0 {
		h.measure(begin)
	}
}

// measure counts the time of a whole new hash into the average, by an eighth:
// they take the same time each, but for how busy the machine is.
func (h *Hasher) measure(begin time.Time) {
	took := time.Since(begin)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.typical == 0 {
		h.typical = took
		return
	}
	h.typical += (took - h.typical) / 8
}

// Appraise implements outbound.Hasher.
func (h *Hasher) Appraise(stored string) outbound.HashGrade {
	read, err := h.reader.read(stored)
	switch {
	case errors.Is(err, errTooCostly):
		return outbound.HashTooCostly
	case err != nil:
		return outbound.HashUnknown
	case h.scheme.current(read):
		return outbound.HashCurrent
	}
	return outbound.HashOutdated
}

// Stats says how busy the hasher is.
func (h *Hasher) Stats() Stats { return h.lane.stats() }
