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

// MayAct reports whether a user of this status may sign in and use sessions.
func (s Status) MayAct() bool { return s == Active }
