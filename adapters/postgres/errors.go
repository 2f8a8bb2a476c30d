package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plinto/plinto/adapters/internal/transaction"
	"github.com/plinto/plinto/ports/outbound"
)

// SQLSTATEs (PostgreSQL manual, appendix A) that mean something to the core.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	queryCanceled        = "57014" // a statement timeout
	lockNotAvailable     = "55P03"
	readOnlyTransaction  = "25006" // the server has become a standby
	undefinedTable       = "42P01" // the schema is behind the program
	undefinedColumn      = "42703"
)

// Classes of SQLSTATEs that say that the server cannot work now.
const (
	connectionException   = "08"
	invalidAuthorization  = "28"
	invalidCatalogName    = "3D"
	insufficientResources = "53"
	operatorIntervention  = "57"
	systemError           = "58"
)

// translate gives an error of the driver's the port's meaning, by code.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return outbound.ErrNotFound
	case errors.Is(err, context.Canceled):
		return err
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("%w: %w", meaning(e), err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", outbound.ErrUnavailable, err)
	}
	if unreachable(err) {
		return fmt.Errorf("%w: %w", errConnection, err)
	}
	return err
}

// errConnection is the ErrUnavailable of a connection that is gone.
var errConnection = fmt.Errorf("connection lost: %w", outbound.ErrUnavailable)

// errServer is the meaning of an error that is nobody's but ours.
var errServer = errors.New("the server refused a statement")

func meaning(e *pgconn.PgError) error {
	switch e.Code {
	case uniqueViolation:
		return outbound.ErrConflict
	case serializationFailure, deadlockDetected:
		return transaction.ErrSerialization
	case queryCanceled, lockNotAvailable, readOnlyTransaction, undefinedTable, undefinedColumn:
		return outbound.ErrUnavailable
	}
	if len(e.Code) == 5 {
		switch e.Code[:2] {
		case connectionException, operatorIntervention:
			return errConnection
		case invalidAuthorization, invalidCatalogName, insufficientResources, systemError:
			return outbound.ErrUnavailable
		}
	}
	return errServer
}

func unreachable(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return pgconn.SafeToRetry(err)
}
