// Package tenant names the closed worlds that users live in. There is one
// today; every key and every query already carries its id, so that a second
// one is a row and not a migration.
package tenant

import "github.com/plinto/plinto/core/id"

// Tenant is the subject of an ID.
type Tenant struct{}

// ID identifies a tenant.
type ID = id.Of[Tenant]

// Default is the tenant that a fresh installation has. The migrations of every
// engine insert it.
var Default = ID{0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x01}
