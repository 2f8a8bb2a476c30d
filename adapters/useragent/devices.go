// Package useragent owns telling a device from a user agent (RFC 9110 section
// 10.1.5) and from client hints (User-Agent Client Hints). What it says is for
// people who look at their list of sessions: a client writes whatever it likes
// there, so nothing may be decided by it. It refuses to guess: what is not plain
// is unknown.
package useragent

import (
	"strings"
	"unicode"

	"github.com/mileusna/useragent"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/outbound"
)

const (
	// maxText is how much of a user agent is looked at, in bytes.
	maxText = session.MaxUserAgent
	// maxName is how much of a client's own name is kept, in characters.
	maxName = 40
	// maxMajor is the longest major version that is one, in digits.
	maxMajor = 5
)

// Devices is an outbound.Devices.
type Devices struct{}

var _ outbound.Devices = Devices{}

// Identify tells a device. Browsers have a type and a system; programs such as
// curl have a name and a version. A hint that was sent and makes sense is
// preferred to the user agent, which browsers freeze and pad for old sites.
func (Devices) Identify(userAgent string, hints session.Hints) session.Device {
	d := described{kind: session.Unknown}
	if text := clean(userAgent); text != "" {
		d = fromUserAgent(text)
	}
	if d.kind != session.Bot {
		d = d.with(hints)
	}
	return session.Device{
		Name: describe(d.name, d.os), Type: d.kind, Browser: strings.TrimSpace(d.name + " " + d.version), OS: d.os,
	}
}

// described is a device in parts.
type described struct {
	name, version string // of the browser; no version without a name
	os            string
	kind          session.DeviceType
}

func fromUserAgent(text string) described {
	ua := useragent.Parse(text)
	name, version := clip(ua.Name), major(ua.Version)
	if version == "" && !ua.Bot {
		// A client has a name and a version. Where there is no version, the
		// name is whatever stood at the beginning.
		name = ""
	}
	return described{name: name, version: version, os: ua.OS, kind: kind(ua)}
}

func describe(name, os string) string {
	switch {
	case name == "":
		return os
	case os == "":
		return name
	}
	return name + " on " + os
}

// major is the beginning of a version, empty when that is no number. The rest
// changes from week to week, and tells nobody their device.
func major(version string) string {
	n, _, _ := strings.Cut(version, ".")
	if len(n) > maxMajor || strings.Trim(n, "0123456789") != "" {
		return ""
	}
	return n
}

func kind(ua useragent.UserAgent) session.DeviceType {
	switch {
	case ua.Bot:
		return session.Bot
	case ua.Tablet:
		return session.Tablet
	case ua.Mobile:
		return session.Mobile
	case ua.Desktop:
		return session.Desktop
	}
	return session.Unknown
}

// clean gives the beginning of a text without what cannot be seen: control
// characters, invalid UTF-8, and marks that turn the direction of writing and so
// could make one name look like another.
func clean(text string) string {
	text = text[:min(len(text), maxText)]
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text))
}

func clip(name string) string {
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName])
	}
	return strings.TrimSpace(name)
}
