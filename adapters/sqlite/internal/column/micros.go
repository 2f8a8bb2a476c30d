// Package column says how values sit in SQLite, which has no type for them.
package column

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Micros is an instant as whole microseconds since the Unix epoch: integers
// compare as instants do, which texts with and without fractions do not.
type Micros time.Time

// Time gives the instant, in UTC.
func (m Micros) Time() time.Time { return time.Time(m).UTC() }

// Value implements driver.Valuer.
func (m Micros) Value() (driver.Value, error) { return time.Time(m).UnixMicro(), nil }

// Scan implements sql.Scanner.
func (m *Micros) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("an instant is an integer, not %T", src)
	}
	*m = Micros(time.UnixMicro(n).UTC())
	return nil
}

// Optional makes an optional instant of one.
func Optional(t *time.Time) *Micros {
	if t == nil {
		return nil
	}
	m := Micros(*t)
	return &m
}

// Pointer gives the optional instant.
func (m *Micros) Pointer() *time.Time {
	if m == nil {
		return nil
	}
	t := m.Time()
	return &t
}
