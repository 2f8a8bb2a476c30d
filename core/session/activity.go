package session

import (
	"slices"
	"time"
)

// Activity is what was seen of one session in use.
type Activity struct {
	Session   ID
	LastAt    time.Time
	Addresses []SeenAddress // at most MaxAddresses, in no order
}

// SeenAddress is an address that a session was used from.
type SeenAddress struct {
	Address string
	FirstAt time.Time
	LastAt  time.Time
}

// MaxAddresses is how many addresses of a session are remembered: those seen
// last.
const MaxAddresses = 20

// See adds one use of the session. An empty address is unknown and is not
// remembered; when there are too many, the one not seen for longest goes.
func (a *Activity) See(address string, at time.Time) {
	a.Merge(Activity{LastAt: at, Addresses: []SeenAddress{{address, at, at}}})
}

// Merge adds what else was seen of the same session, in whichever order the
// two were.
func (a *Activity) Merge(other Activity) {
	if other.LastAt.After(a.LastAt) {
		a.LastAt = other.LastAt
	}
	for _, seen := range other.Addresses {
		a.add(seen)
	}
}

func (a *Activity) add(seen SeenAddress) {
	if seen.Address == "" {
		return
	}
	i := slices.IndexFunc(a.Addresses, func(s SeenAddress) bool { return s.Address == seen.Address })
	switch {
	case i >= 0:
		known := &a.Addresses[i]
		if seen.FirstAt.Before(known.FirstAt) {
			known.FirstAt = seen.FirstAt
		}
		if seen.LastAt.After(known.LastAt) {
			known.LastAt = seen.LastAt
		}
	case len(a.Addresses) < MaxAddresses:
		a.Addresses = append(a.Addresses, seen)
	default:
		oldest := slices.MinFunc(a.Addresses, func(x, y SeenAddress) int { return x.LastAt.Compare(y.LastAt) })
		if seen.LastAt.Before(oldest.LastAt) {
			return
		}
		a.Addresses[slices.Index(a.Addresses, oldest)] = seen
	}
}
