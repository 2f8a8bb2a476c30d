package user

import (
	_ "embed"
	"net/url"
	"strings"

	"github.com/plinto/plinto/core/fault"
)

// MaxImageURL is the longest address of a picture, in bytes.
const MaxImageURL = 2048

// ParseImageURL reads the address of a picture: an absolute one, by http or
// https, in ASCII (RFC 3986) and without a user's name in it. Nobody fetches it
// here.
func ParseImageURL(field, text string) (string, []fault.Field) {
	if len(text) > MaxImageURL {
		return "", []fault.Field{fault.ImageURLTooLong.In(field, MaxImageURL)}
	}
	u, err := url.Parse(text)
	plain := !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\\\"<>^`{|}", r) })
	if err != nil || !plain || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", []fault.Field{fault.ImageURLInvalid.In(field)}
	}
	return text, nil
}

// The digits of a telephone number (ITU-T E.164 section 6.2).
const (
	minDigits = 7
	maxDigits = 15
)

// ParsePhoneNumber reads an international telephone number as E.164 writes it: a
// plus sign and digits, nothing between them.
func ParsePhoneNumber(field, text string) (string, []fault.Field) {
	digits, international := strings.CutPrefix(text, "+")
	if !international || len(digits) < minDigits || len(digits) > maxDigits || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return "", []fault.Field{fault.PhoneNumberInvalid.In(field)}
	}
	return text, nil
}

// zones is the names of the time zone database, one a line, as Go carries it.
//
//go:embed timezones.txt
var zones string

// ParseTimezone reads the name of a zone of the IANA time zone database, in its
// exact case.
func ParseTimezone(field, text string) (string, []fault.Field) {
	if strings.Contains(text, "\n") || !strings.Contains("\n"+zones, "\n"+text+"\n") {
		return "", []fault.Field{fault.TimezoneUnknown.In(field)}
	}
	return text, nil
}
