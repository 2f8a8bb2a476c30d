package inbound

import (
	"context"

	"github.com/plinto/plinto/core/fault"
)

// Transfer moves whole accounts in and out, with the hashes of their passwords.
// Like Operators it asks for no proof, so no transport that others reach offers
// it.
type Transfer interface {
	// Import makes accounts of records, in batches: each batch is stored whole
	// or not at all, and those that were stay when a later one fails. A record
	// whose account is there already, by its id or where it has none by its
	// address, changes nothing, so that the same records can be imported again.
	Import(ctx context.Context, in Importing) (Imported, error)

	// Export gives every account that was not erased, in the order of ids. An
	// error of each ends it and is passed on.
	Export(ctx context.Context, each func(UserRecord) error) error
}

// UserRecord is an account as it is moved. What is absent is empty.
type UserRecord struct {
	Line   int           // where it stands, for who wrote it
	Faults []fault.Field // why it could not be read

	ID            string // a UUID; made when there is none
	Email         string
	EmailVerified bool
	Username      string
	FirstName     string
	LastName      string
	DisplayName   string
	ImageURL      string
	PhoneNumber   string
	Timezone      string
	Locale        string
	Metadata      string // a JSON object
	Status        string // active when there is none
	CreatedAt     string // RFC 3339; now when there is none
	UpdatedAt     string // RFC 3339; when it was created when there is none
	LastSignInAt  string // RFC 3339
	PasswordHash  string // of any form that sign-in verifies; none lets nobody in by password
}

// Importing is what is imported, and how.
type Importing struct {
	// Next gives one record after another, and io.EOF behind the last.
	Next func() (UserRecord, error)
	// DryRun stores nothing and tells what would be.
	DryRun bool
	// Refused is told of each record that is not imported, in order. The
	// faults repeat nothing of the record.
	Refused func(line int, faults []fault.Field)
	// Progress is told after each batch how far it has come. It may be nil.
	Progress func(Imported)
}

// Imported counts records.
type Imported struct {
	Read    int
	Added   int // with DryRun: that would be
	Present int // accounts that were there already
	Refused int
}
