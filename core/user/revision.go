package user

import "slices"

// Match says which revisions of an account a change is meant for. The zero Match
// is any.
type Match struct {
	only      bool
	revisions []int64
}

// OneOf matches these revisions, and without any nothing at all.
func OneOf(revisions ...int64) Match { return Match{only: true, revisions: revisions} }

// Admits reports whether a revision is meant.
func (m Match) Admits(revision int64) bool { return !m.only || slices.Contains(m.revisions, revision) }

// Particular reports whether not every revision is meant.
func (m Match) Particular() bool { return m.only }
