package mail

import "time"

// Kept is a mail that went to nobody: a developer reads it instead.
type Kept struct {
	ID      ID
	Kind    Kind
	To      string
	Subject string
	Text    string
	HTML    string
	Locale  string // BCP 47
	At      time.Time
}
