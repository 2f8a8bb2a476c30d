package bcrypt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/outbound"
)

// Options are how much work a Hasher does.
type Options struct {
	// Cost is that of new hashes; one more doubles the time. 4 to 31.
	Cost int
	// Workers is how many hashes are made at a time; 0 is one fewer than
	// there are processors, and one at least.
	Workers int
	// Queue is how many callers may wait for a worker; 0 is none.
	Queue int
	// Timeout is how long one of them waits at most; 0 is as long as the
	// caller's context lets it.
	Timeout time.Duration
}

// Hasher is an outbound.Hasher.
type Hasher struct {
	cost  int
	decoy string
	lane  *lane

	// What takes the time, here so that a test can count it and hold it up.
	generate func(key []byte, cost int) ([]byte, error)
	compare  func(hash, key []byte) error
}

var _ outbound.Hasher = (*Hasher)(nil)

// New gives a hasher.
func New(o Options) (*Hasher, error) {
	if o.Cost < bcrypt.MinCost || o.Cost > bcrypt.MaxCost {
		return nil, fmt.Errorf("bcrypt cost %d is not from %d to %d", o.Cost, bcrypt.MinCost, bcrypt.MaxCost)
	}
	if o.Workers < 0 || o.Queue < 0 || o.Timeout < 0 {
		return nil, errors.New("a bcrypt lane has no fewer than 0 workers, places to wait or time to wait")
	}
	if o.Workers == 0 {
		o.Workers = max(1, runtime.GOMAXPROCS(0)-1)
	}
	return &Hasher{
		cost: o.Cost, decoy: decoy(o.Cost), lane: newLane(o.Workers, o.Queue, o.Timeout),
		generate: bcrypt.GenerateFromPassword, compare: bcrypt.CompareHashAndPassword,
	}, nil
}

// Normalize gives the password in Unicode NFC.
func (h *Hasher) Normalize(p credential.Password) credential.Password {
	return credential.NewPassword(norm.NFC.String(p.Reveal()))
}

// Hash gives a hash of the configured cost.
func (h *Hasher) Hash(ctx context.Context, p credential.Password) (string, error) {
	text := h.Normalize(p).Reveal()
	key, prefix := []byte(text), ""
	if !direct(text) {
		key, prefix = prehash(text), prehashed
	}
	var hash []byte
	err := h.lane.do(ctx, func() (err error) {
		hash, err = h.generate(key, h.cost)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return prefix + string(hash), nil
}

// errUnreadable does not quote the hash: it would be an attacker's to guess at.
var errUnreadable = errors.New("the stored password hash is not one of bcrypt's")

// Verify compares a password with a hash, by one comparison of bcrypt's
// whatever it is given: with nobody's hash, and with one it cannot read, by
// that with a decoy of the configured cost. A comparison that fails costs at
// least what the configured cost does.
func (h *Hasher) Verify(ctx context.Context, p credential.Password, stored string) (bool, error) {
	text := h.Normalize(p).Reveal()
	hash, before, err := parse(stored, h.cost)
	comparable := err == nil
	if !comparable {
		hash = h.decoy
	}
	key := []byte(text)
	if before || !direct(text) {
		key = prehash(text)
		// bcrypt would compare a long password by its beginning. A hash that
		// does not say otherwise is of a short one, so this cannot be it.
		comparable = comparable && before
	}
	var match error
	if err := h.lane.do(ctx, func() error {
		match = h.compare([]byte(hash), key)
		if match != nil {
			h.makeUp(hash, key)
		}
		return nil
	}); err != nil {
		return false, fmt.Errorf("verify password: %w", err)
	}
	switch {
	case stored == "":
		return false, nil
	case err != nil:
		return false, fmt.Errorf("verify password: %w", err)
	case match == nil:
		return comparable, nil
	case errors.Is(match, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	}
	return false, fmt.Errorf("verify password: %w", errUnreadable)
}

// makeUp spends what a hash of a lower cost than the configured one has saved,
// so that an old account takes as long to refuse as one that does not exist: the
// costs from the hash's to the configured one, less one, make up the difference,
// as each doubles the one before.
func (h *Hasher) makeUp(hash string, key []byte) {
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil {
		return
	}
	for ; cost < h.cost; cost++ {
		_ = h.compare([]byte(decoy(cost)), key)
	}
}

// Stats says how busy the hasher is.
func (h *Hasher) Stats() Stats { return h.lane.stats() }
