// Package memory owns what an instance keeps for itself: the buckets of rate
// limits that it shares with nobody. It refuses to be a store: whatever must
// outlive the process is kept elsewhere.
package memory
