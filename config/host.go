package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// validHost tells whether s is an IP address without brackets or a host name in
// ASCII.
func validHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notInHostName) {
			return false
		}
	}
	return true
}

// notInHostName tells whether r has no place in a host name. The underscore is
// not in RFC 1123 but in the names of many containers.
func notInHostName(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	return !letter && (r < '0' || r > '9') && r != '-' && r != '_'
}

// validPort tells whether s is a decimal port number, at least low.
func validPort(s string, low int) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && int(n) >= low
}

// listener takes host:port, where the host may be missing.
func listener(field *string) func(string) error {
	return func(value string) error {
		value = strings.TrimSpace(value)
		host, port, err := net.SplitHostPort(value)
		if err != nil || host != "" && !validHost(host) || !validPort(port, 0) {
			return fmt.Errorf("%s is not an address to listen on; write host:port, such as 127.0.0.1:9090", quoted(value))
		}
		*field = value
		return nil
	}
}

// allowedHost takes a host name or address, or * for any.
func allowedHost(item string) (string, error) {
	if item != "*" && !validHost(item) {
		return "", fmt.Errorf("%s is not a host; write a name or address without scheme, port or wildcard, such as auth.example.com", quoted(item))
	}
	return strings.ToLower(item), nil
}

// proxy takes an address or a network in CIDR notation.
func proxy(item string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(item); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(item)
	if err != nil || network.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%s is neither an address nor a network; write one such as 10.0.0.7 or 10.0.0.0/8", quoted(item))
	}
	if network != network.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q names an address inside a network; write %s for the network or %s for the address", item, network.Masked(), network.Addr())
	}
	return network, nil
}

// origin takes a web origin (RFC 6454) and writes it as a browser does: lower
// case, no path, no port that the scheme implies.
func origin(item string) (string, error) {
	if strings.Contains(item, "*") {
		return "", fmt.Errorf("%s is refused: a wildcard would let any page act with its visitor's credentials; list the origins, such as https://app.example.com", quoted(item))
	}
	var address string
	if err := webURL(&address)(item); err != nil {
		return "", originProblem(item)
	}
	// webURL has parsed it already.
	u, _ := url.Parse(address)
	if u.Path != "" && u.Path != "/" {
		return "", originProblem(item)
	}
	implied := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return u.Scheme + "://" + strings.TrimSuffix(strings.ToLower(u.Host), implied), nil
}

func originProblem(item string) error {
	return fmt.Errorf("%s is not an origin; write scheme and host, and a port if it has one, such as https://app.example.com", quoted(item))
}
