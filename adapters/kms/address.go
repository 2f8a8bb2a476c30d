package kms

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// address is where a key is, and what lets one in there, apart.
type address struct {
	scheme string
	uri    string // without the PIN
	pin    string
	secret []string // what no error may quote
	// attributes are those of both parts, in their order and decoded.
	attributes []attribute
}

type attribute struct{ name, value string }

// The attributes that hold a secret, or lead to one (RFC 7512 section 2.4).
const (
	pinValue     = "pin-value"
	pinSource    = "pin-source"
	clientSecret = "client-secret"
	tokenValue   = "token-value"
)

// parseAddress takes the PIN out of an address, and reads the file that holds it.
// Its errors quote nothing.
func parseAddress(uri string) (address, error) {
	scheme, rest, found := strings.Cut(uri, ":")
	if !found || rest == "" {
		return address{}, errors.New("the address of the key has no scheme")
	}
	a := address{scheme: strings.ToLower(scheme)}
	path, query, _ := strings.Cut(rest, "?")
	path, err := a.keep(path, ";")
	if err != nil {
		return address{}, err
	}
	if query, err = a.keep(query, "&"); err != nil {
		return address{}, err
	}
	a.uri = a.scheme + ":" + path
	if query != "" {
		a.uri += "?" + query
	}
	return a, nil
}

// keep gives the attributes that the library may see.
func (a *address) keep(attributes, separator string) (string, error) {
	var kept []string
	for _, text := range strings.Split(attributes, separator) {
		name, value, _ := strings.Cut(text, "=")
		plain, err := url.PathUnescape(value)
		if err != nil {
			return "", errors.New("the address of the key has a percent sign that encodes nothing")
		}
		a.attributes = append(a.attributes, attribute{name, plain})
		switch name {
		case pinValue:
			a.pin = plain
		case pinSource:
			if a.pin, err = readPIN(plain); err != nil {
				return "", err
			}
		case clientSecret, tokenValue:
			a.secret = append(a.secret, value, plain, url.QueryEscape(plain))
		}
		if name != pinSource && (name != pinValue || plain == "") {
			kept = append(kept, text)
		}
	}
	return strings.Join(kept, separator), nil
}

// readPIN reads the file of a pin-source.
func readPIN(source string) (string, error) {
	text, err := os.ReadFile(strings.TrimPrefix(strings.TrimPrefix(source, "file://"), "file:"))
	if err != nil {
		return "", fmt.Errorf("the PIN: %w", err)
	}
	pin := string(bytes.TrimRight(text, "\r\n \t"))
	if pin == "" {
		return "", errors.New("the file of the PIN is empty")
	}
	return pin, nil
}

// scrubbed is what an error says, without the secrets of the address.
func (a address) scrubbed(err error) string {
	return without(err.Error(), a.secret...)
}

// without takes secrets out of a text.
func without(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "•••")
		}
	}
	return text
}
