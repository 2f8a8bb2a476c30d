// Package redis owns the buckets of rate limits that all instances share, in
// Redis 6 or later or a Redis Cluster, and the way back to an instance's own
// limiter while Redis is away. It refuses to hold any truth: whatever is lost
// with Redis is a count that starts again.
package redis
