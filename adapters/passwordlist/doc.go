// Package passwordlist owns the list of common and breached passwords that is
// shipped: a Bloom filter, made from word lists that others publish by
//
//	go run ./cmd/dev passwords
//
// A Bloom filter holds no password, only bits that each of them has set. What
// is on the list is always found; of what is not, one in a hundred thousand is
// taken for listed, and somebody has to think of another password. It is read
// where it lies in the program's file: nothing is loaded at the start and
// nothing is allocated, and only the pages that were looked at are in memory.
//
// # What it is made of
//
// The lists are named with their versions, licences and SHA-256 where they are
// fetched, in cmd/dev. Of each word of five characters and more the list has
// the form that Canonical gives.
package passwordlist
