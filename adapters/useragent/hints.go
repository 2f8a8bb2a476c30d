package useragent

import (
	"strings"

	"github.com/plinto/plinto/core/session"
)

// with puts what hints say in the place of what a user agent says.
func (d described) with(hints session.Hints) described {
	if b, ok := browser(brands(clean(hints.Brands))); ok {
		d.name, d.version = b.name, b.version
	}
	if os := platform(hints.Platform); os != "" {
		d.os = os
	}
	switch strings.TrimSpace(hints.Mobile) {
	case "?1":
		d.kind = session.Mobile
	case "?0":
		d.kind = session.Desktop
		if d.os == "Android" {
			d.kind = session.Tablet
		}
	}
	return d
}

// brand is a member of Sec-CH-UA.
type brand struct{ name, version string }

// maxBrands is how many members are looked at. Browsers send three.
const maxBrands = 8

// brands reads a list of strings with a parameter v, as structured fields
// write it (RFC 9651 section 3.1): `"Chromium";v="139", "Not;A=Brand";v="99"`.
// What it cannot read makes the whole of it nothing.
func brands(text string) []brand {
	var list []brand
	for text != "" && len(list) < maxBrands {
		var b brand
		var ok bool
		if b.name, text, ok = quoted(text); !ok {
			return nil
		}
		for strings.HasPrefix(text, ";") {
			name, value, found := strings.Cut(text[1:], "=")
			if !found {
				return nil
			}
			var s string
			if s, text, ok = quoted(value); !ok {
				return nil
			}
			if strings.TrimSpace(name) == "v" {
				b.version = major(s)
			}
		}
		list = append(list, b)
		if text == "" {
			break
		}
		after, more := strings.CutPrefix(strings.TrimLeft(text, " "), ",")
		if !more {
			return nil
		}
		text = strings.TrimLeft(after, " ")
	}
	return list
}

// quoted takes a string off the beginning of a text (RFC 9651 section 4.2.5).
func quoted(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		return "", "", false
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return b.String(), text[i+1:], true
		case '\\':
			i++
			if i == len(text) || text[i] != '"' && text[i] != '\\' {
				return "", "", false
			}
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// browser chooses the brand that says most: any before the engine, which all
// browsers made of it name too. Those that say they are no brand are there to
// keep readers from counting on the list.
func browser(list []brand) (brand, bool) {
	var engine brand
	for _, b := range list {
		switch {
		case b.version == "" || placeholder(b.name):
		case b.name == "Chromium":
			engine = b
		default:
			return brand{known(clip(b.name)), b.version}, true
		}
	}
	return engine, engine.name != ""
}

func placeholder(name string) bool {
	letters := strings.ToLower(strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}, name))
	return letters == "notabrand" || letters == ""
}

// known gives a brand the name that its user agent is given, so that a browser
// is one device with hints and without.
func known(name string) string {
	switch name {
	case "Google Chrome", "Android WebView":
		return "Chrome"
	case "Microsoft Edge", "Microsoft Edge WebView2":
		return "Edge"
	case "Opera GX", "Opera Mobile":
		return "Opera"
	case "Samsung Internet":
		return "Samsung Browser"
	case "HeadlessChrome":
		return "Headless Chrome"
	}
	return name
}

// platform reads Sec-CH-UA-Platform, whose values are a list; empty when it is
// none of them.
func platform(text string) string {
	value, rest, ok := quoted(clean(text))
	if !ok || rest != "" {
		return ""
	}
	switch value {
	case "Android", "iOS", "Linux", "macOS", "Windows":
		return value
	case "Chrome OS", "Chromium OS", "ChromeOS":
		return "ChromeOS"
	}
	return ""
}
