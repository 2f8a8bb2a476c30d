package redis

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Options say where Redis is.
type Options struct {
	// URL is redis://user:password@host:6379/0, or rediss:// for TLS. Hosts
	// with commas between are nodes of one cluster; a single node of a cluster
	// is told from a standalone server by asking it. User and password are
	// percent-encoded where they hold special characters.
	URL string
	// Timeout is what one call may take, connecting included; 100 ms when zero.
	Timeout time.Duration
}

const (
	defaultTimeout = 100 * time.Millisecond
	defaultPort    = "6379"
	// patience is how long connecting, or a call that its caller has given up
	// on, goes on behind the scenes. A connection that takes longer to make
	// than one call may take is there for a later one.
	patience = time.Second
)

var (
	errScheme   = errors.New("redis: the address does not begin with redis:// or rediss://")
	errHost     = errors.New("redis: the address has no host, an empty one or a bad port")
	errUser     = errors.New("redis: the address has a user or a password that is not percent-encoded")
	errDatabase = errors.New("redis: the address ends in something that is not the number of a database")
	errCluster  = errors.New("redis: a cluster has no database but 0")
)

// clientOption translates. Its errors never repeat the address, which holds a
// password.
func (o Options) clientOption() (rueidis.ClientOption, error) {
	option := rueidis.ClientOption{
		// Nothing is cached here, and some services refuse CLIENT TRACKING.
		DisableCache: true,
		// A pipelined call that is given up on leaves the connection to the
		// others, and the end of a connection is noticed without a call.
		AlwaysPipelining: true,
		// One connection a node carries every call: more of them would each cost
		// somebody a dial, and a lost one would be found out once more.
		PipelineMultiplex:   -1,
		ReadBufferEachConn:  64 << 10,
		WriteBufferEachConn: 64 << 10,
		ConnWriteTimeout:    patience,
		Dialer:              net.Dialer{Timeout: patience, KeepAlive: time.Second},
		ClientName:          "plinto",
	}
	scheme, rest, _ := strings.Cut(o.URL, "://")
	switch scheme {
	case "redis":
	case "rediss":
		option.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	default:
		return option, errScheme
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		name, password, _ := strings.Cut(rest[:at], ":")
		rest = rest[at+1:]
		var wrong1, wrong2 error
		option.Username, wrong1 = url.PathUnescape(name)
		option.Password, wrong2 = url.PathUnescape(password)
		if wrong1 != nil || wrong2 != nil {
			return option, errUser
		}
	}
	hosts, number, _ := strings.Cut(rest, "/")
	for host := range strings.SplitSeq(hosts, ",") {
		address, err := hostPort(host)
		if err != nil {
			return option, err
		}
		option.InitAddress = append(option.InitAddress, address)
	}
	if number != "" {
		database, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return option, errDatabase
		}
		if database != 0 && len(option.InitAddress) > 1 {
			return option, errCluster
		}
		option.SelectDB = int(database)
	}
	return option, nil
}

func hostPort(host string) (string, error) {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), defaultPort
		if strings.Contains(name, ":") && !strings.HasPrefix(host, "[") {
			return "", errHost
		}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil || name == "" || strings.ContainsAny(name, " []?#") {
		return "", errHost
	}
	return net.JoinHostPort(name, port), nil
}
