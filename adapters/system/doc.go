// Package system owns what the operating system gives: the time, randomness,
// and identifiers made of both. It refuses to be set: a test that wants another
// time has a clock of its own.
package system
