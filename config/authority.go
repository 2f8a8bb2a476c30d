package config

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// serverURL is the address of a database server: what package net/url parses,
// but with any number of hosts.
type serverURL struct {
	scheme string
	user   *url.Userinfo // nil without
	hosts  []string      // each host or host:port, as written
	path   string        // with its slash
	query  string        // without its question mark
}

// errServerURL names no part of the address, since any of them can turn out to
// be a piece of the password when its special characters are not encoded.
var errServerURL = errors.New("is not a server address; write scheme://user:password@host:port/name, with percent-encoding for special characters in the password")

// parseServerURL splits scheme://[user[:password]@]host[:port]{,host[:port]}[/path][?query].
func parseServerURL(raw string) (serverURL, error) {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		return serverURL{}, errServerURL
	}
	parsed := serverURL{scheme: strings.ToLower(scheme)}
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
		u, err := url.Parse(rest[end:])
		// An @ this late ends a password with an unencoded slash or question mark.
		if err != nil || u.Host != "" || u.Fragment != "" || strings.ContainsAny(rest[end:], "@#") {
			return serverURL{}, errServerURL
		}
		parsed.path, parsed.query = u.EscapedPath(), u.RawQuery
	}
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		name, password, hasPassword := strings.Cut(authority[:at], ":")
		name, err := url.PathUnescape(name)
		decoded, err2 := url.PathUnescape(password)
		if err != nil || err2 != nil {
			return serverURL{}, errServerURL
		}
		parsed.user = url.User(name)
		if hasPassword {
			parsed.user = url.UserPassword(name, decoded)
		}
		authority = authority[at+1:]
	}
	if authority != "" {
		parsed.hosts = strings.Split(authority, ",")
	}
	for _, host := range parsed.hosts {
		if !validHostPort(host) {
			return serverURL{}, errServerURL
		}
	}
	return parsed, nil
}

// validHostPort tells whether s is a host with or without a port; an IPv6
// address stands in brackets.
func validHostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port, err = net.SplitHostPort(s + ":1")
	}
	return err == nil && validHost(host) && validPort(port, 1)
}

// String writes the whole address, password included.
func (u serverURL) String() string {
	var b strings.Builder
	b.WriteString(u.scheme + "://")
	if u.user != nil {
		b.WriteString(u.user.String() + "@")
	}
	b.WriteString(strings.Join(u.hosts, ",") + u.path)
	if u.query != "" {
		b.WriteString("?" + u.query)
	}
	return b.String()
}

// redacted writes scheme, hosts and path, and nothing a password can be in.
func (u serverURL) redacted() string { return u.scheme + "://" + strings.Join(u.hosts, ",") + u.path }
