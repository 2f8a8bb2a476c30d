package user

import "fmt"

// Status says whether an account may act.
type Status string

// The statuses. Only an Active user signs in, refreshes or is authenticated.
const (
	Active    Status = "active"
	Inactive  Status = "inactive"
	Suspended Status = "suspended"
	Deleted   Status = "deleted"
)

// ParseStatus reads a stored status.
func ParseStatus(s string) (Status, error) {
	switch v := Status(s); v {
	case Active, Inactive, Suspended, Deleted:
		return v, nil
	}
	return "", fmt.Errorf("unknown user status %q", s)
}

// MayBeSuspended reports whether a user of this status can be suspended.
func (s Status) MayBeSuspended() bool { return s == Active || s == Inactive }

// MayBeReactivated reports whether a user of this status can be made active
// again. A deleted one cannot: nothing of it is left.
func (s Status) MayBeReactivated() bool { return s == Suspended || s == Inactive }

// MayAct reports whether a user of this status may sign in and use sessions.
func (s Status) MayAct() bool { return s == Active }
