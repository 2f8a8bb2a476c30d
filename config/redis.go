package config

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"time"
)

// Redis is where instances count limits together. It holds no truth: without
// it each instance counts by itself.
type Redis struct {
	// URL is the whole address, empty without Redis. REDIS_URL
	URL Secret
	// Hosts are the URL's, each host:port; more than one is a cluster.
	Hosts []string
	// TLS is on for rediss.
	TLS bool
	// Username and Password are the URL's, decoded; either may be empty.
	Username string
	Password Secret
	// Database is the URL's number, 0 for a cluster.
	Database int
	// Timeout is what one call may take. REDIS_TIMEOUT
	Timeout time.Duration
}

// Configured tells whether there is a Redis to use.
func (r Redis) Configured() bool { return r.URL != "" }

// Redacted is the address for people and logs: scheme, hosts and database; no
// user, no password. It is empty without Redis.
func (r Redis) Redacted() string {
	u, err := parseServerURL(r.URL.Reveal())
	if err != nil {
		return r.URL.String()
	}
	return u.redacted()
}

var errRedisURL = errors.New("is not the address of a Redis server; write redis://user:password@host:6379/0, rediss:// for TLS, hosts with commas between for a cluster, without parameters and with percent-encoding for special characters in the password")

// redisPort is taken where the address names none.
const redisPort = "6379"

// redisURL takes the address of a Redis server or cluster.
func redisURL(r *Redis) func(string) error {
	return func(value string) error {
		u, err := parseServerURL(strings.TrimSpace(value))
		if err != nil || u.scheme != "redis" && u.scheme != "rediss" || len(u.hosts) == 0 || u.query != "" {
			return errRedisURL
		}
		number := strings.TrimPrefix(u.path, "/")
		if number == "" {
			number = "0"
		}
		database, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return errRedisURL
		}
		if len(u.hosts) > 1 && database != 0 {
			return errors.New("names a database of a cluster, which has only number 0; leave the number out")
		}
		for i, host := range u.hosts {
			if _, _, err := net.SplitHostPort(host); err != nil {
				u.hosts[i] = host + ":" + redisPort
			}
		}
		r.URL, r.Hosts, r.TLS, r.Database = Secret(u.String()), u.hosts, u.scheme == "rediss", int(database)
		if u.user != nil {
			password, _ := u.user.Password()
			r.Username, r.Password = u.user.Username(), Secret(password)
		}
		return nil
	}
}
