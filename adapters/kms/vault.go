package kms

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// schemeVault is the transit secrets engine of HashiCorp Vault or OpenBao.
const schemeVault = "vault"

// transit is one key of a transit secrets engine, and the way there.
type transit struct {
	base      *url.URL // where the API is, "/v1" included
	mount     string
	name      string
	version   int // 0 for the latest when the key is opened
	namespace string
	token     func() (string, error)
	client    *http.Client
	timeout   time.Duration // of one request
}

// keyName is what the engine takes as one.
var keyName = regexp.MustCompile(`^\w([\w.-]*\w)?$`)

// newTransit reads the attributes of an address such as
// vault:address=https://vault:8200;mount=transit;name=KEY?token-source=/path.
// Its errors quote no value.
func newTransit(attributes []attribute, timeout time.Duration) (*transit, error) {
	t := &transit{mount: "transit", timeout: timeout}
	var roots *x509.CertPool
	seen := map[string]bool{}
	for _, a := range attributes {
		if a == (attribute{}) {
			continue
		}
		if seen[a.name] {
			return nil, fmt.Errorf("the address of the key has %s twice", a.name)
		}
		seen[a.name] = true
		ok, err := true, error(nil)
		switch a.name {
		case "address":
			t.base, ok = apiOf(a.value)
		case "mount":
			t.mount, ok = strings.Trim(a.value, "/"), plainPath(a.value)
		case "name":
			t.name, ok = a.value, keyName.MatchString(a.value)
		case "version":
			t.version, err = strconv.Atoi(a.value)
			ok, err = err == nil && t.version > 0, nil
		case "namespace":
			t.namespace, ok = a.value, plainPath(a.value)
		case "ca-file":
			roots, err = readRoots(a.value)
		case tokenValue:
			t.token, ok = func() (string, error) { return a.value, nil }, isToken(a.value)
		case "token-source":
			t.token, ok = func() (string, error) { return readToken(a.value) }, a.value != ""
		default:
			// The name is not quoted either: a secret may stand in its place.
			return nil, errors.New("the address of the key has an attribute that vault: does not know")
		}
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("the address of the key has a bad %s", a.name)
		}
	}
	switch {
	case t.base == nil || t.name == "":
		return nil, errors.New("the address of the key needs address and name")
	case seen[tokenValue] == seen["token-source"]:
		return nil, errors.New("the address of the key needs one of token-source and token-value")
	}
	t.client = newClient(roots)
	return t, nil
}

// apiOf gives the address of the API from that of the server.
func apiOf(server string) (*url.URL, bool) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, false
	}
	return u.JoinPath("v1"), true
}

// plainPath tells whether a mount or a namespace leads nowhere else.
func plainPath(text string) bool {
	text = strings.Trim(text, "/")
	return text != "" && path.Clean("/"+text) == "/"+text && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`%?#\`, r) })
}

// readRoots reads the authorities that the server's certificate may be from.
func readRoots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the certificates: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, errors.New("the file of the certificates holds none")
	}
	return roots, nil
}

// maxToken is beyond any token, and keeps a file that is no token out of memory.
const maxToken = 16 << 10

// readToken reads the file that an agent renews.
func readToken(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("the token: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxToken))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("the token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if !isToken(token) {
		return "", errors.New("the file of the token holds none")
	}
	return token, nil
}

// isToken tells whether a text may be a token: it can stand in a header.
func isToken(text string) bool {
	return text != "" && len(text) < maxToken && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
