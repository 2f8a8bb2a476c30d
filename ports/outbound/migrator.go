package outbound

import (
	"context"
	"time"
)

// Migrator moves the schema of a store between versions. It is for operators;
// no use case asks it.
type Migrator interface {
	// Up applies every migration that is pending, in order, each in a
	// transaction of its own, and gives those that it applied. Of several
	// that begin at once, one does the work.
	Up(ctx context.Context) ([]MigrationStep, error)

	// Down takes back the last migration. The step is zero when there is none.
	Down(ctx context.Context) (MigrationStep, error)

	// Status lists all migrations that the program knows.
	Status(ctx context.Context) ([]MigrationStatus, error)

	// Close closes what the Migrator holds.
	Close() error
}

// MigrationStep is a migration that was run.
type MigrationStep struct {
	Version  int64
	Name     string
	Duration time.Duration
}

// MigrationStatus is one migration, and when it was applied; the zero time
// when it was not.
type MigrationStatus struct {
	Version   int64
	Name      string
	AppliedAt time.Time
}
