package proof

import (
	"net/url"
	"strings"
)

// sameURI reports whether two absolute http URIs are the same but for query and
// fragment, after syntax-based and scheme-based normalization (RFC 3986 sections
// 6.2.2 and 6.2.3). A slash at the end makes another address.
func sameURI(a, b string) bool {
	one, good := normalize(a)
	other, alsoGood := normalize(b)
	return good && alsoGood && one == other
}

func normalize(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" {
		return "", false
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	default:
		return "", false
	}
	// Against nothing, resolving only takes the dot segments out.
	path := new(url.URL).ResolveReference(u).EscapedPath()
	if path == "" {
		path = "/"
	}
	return scheme + "://" + strings.TrimSuffix(host, ":") + normalizeEscapes(path), true
}

// normalizeEscapes writes each percent-encoded octet in capitals, and the
// unreserved ones as themselves. The path is known to be well-formed.
func normalizeEscapes(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			b.WriteByte(path[i])
			continue
		}
		octet := unhex(path[i+1])<<4 | unhex(path[i+2])
		if isUnreserved(octet) {
			b.WriteByte(octet)
		} else {
			b.WriteString(strings.ToUpper(path[i : i+3]))
		}
		i += 2
	}
	return b.String()
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

// isUnreserved holds RFC 3986 section 2.3.
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
