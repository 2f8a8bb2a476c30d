package useragent_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/useragent"
	"github.com/plinto/plinto/core/session"
)

var known = []struct {
	text string
	want session.Device
}{
	{
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
		session.Device{Name: "Chrome on macOS", Type: session.Desktop, Browser: "Chrome 139", OS: "macOS"},
	},
	{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0",
		session.Device{Name: "Firefox on Windows", Type: session.Desktop, Browser: "Firefox 141", OS: "Windows"},
	},
	{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0",
		session.Device{Name: "Edge on Windows", Type: session.Desktop, Browser: "Edge 139", OS: "Windows"},
	},
	{
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		session.Device{Name: "Firefox on Linux", Type: session.Desktop, Browser: "Firefox 128", OS: "Linux"},
	},
	{
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
		session.Device{Name: "Chrome on ChromeOS", Type: session.Desktop, Browser: "Chrome 138", OS: "ChromeOS"},
	},
	{
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
		session.Device{Name: "Safari on macOS", Type: session.Desktop, Browser: "Safari 18", OS: "macOS"},
	},
	{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
		session.Device{Name: "Safari on iOS", Type: session.Mobile, Browser: "Safari 18", OS: "iOS"},
	},
	{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/139.0.7258.76 Mobile/15E148 Safari/604.1",
		session.Device{Name: "Chrome on iOS", Type: session.Mobile, Browser: "Chrome 139", OS: "iOS"},
	},
	{
		"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
		session.Device{Name: "Safari on iOS", Type: session.Tablet, Browser: "Safari 16", OS: "iOS"},
	},
	{
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36",
		session.Device{Name: "Chrome on Android", Type: session.Mobile, Browser: "Chrome 139", OS: "Android"},
	},
	{
		"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
		session.Device{Name: "Samsung Browser on Android", Type: session.Mobile, Browser: "Samsung Browser 28", OS: "Android"},
	},
	{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 OPR/122.0.0.0",
		session.Device{Name: "Opera on Windows", Type: session.Desktop, Browser: "Opera 122", OS: "Windows"},
	},
	{
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		session.Device{Name: "Googlebot", Type: session.Bot, Browser: "Googlebot 2", OS: ""},
	},
	{
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
		session.Device{Name: "Bingbot", Type: session.Bot, Browser: "Bingbot 2", OS: ""},
	},

	{"curl/8.14.1", session.Device{Name: "curl", Type: session.Unknown, Browser: "curl 8"}},
	{"Go-http-client/2.0", session.Device{Name: "Go-http-client", Type: session.Unknown, Browser: "Go-http-client 2"}},
	{"python-requests/2.32.4", session.Device{Name: "python-requests", Type: session.Unknown, Browser: "python-requests 2"}},
	{"okhttp/5.1.0", session.Device{Name: "okhttp", Type: session.Unknown, Browser: "okhttp 5"}},
	{"PostmanRuntime/7.44.1", session.Device{Name: "PostmanRuntime", Type: session.Unknown, Browser: "PostmanRuntime 7"}},
}

func TestKnownUserAgents(t *testing.T) {
	for _, c := range known {
		require.Equal(t, c.want, useragent.Devices{}.Identify(c.text, session.Hints{}), c.text)
	}
}

func TestWhatTellsNothingIsUnknown(t *testing.T) {
	for _, text := range []string{
		"", " ", "\x00", "\r\n\t", "hello", "hello world/", "1/1", "<script>alert(1)</script>", "\xff\xfe", "\u202e\u200b", "()", "(;", ";;;;", ")))",
		strings.Repeat("A", 1<<20), strings.Repeat("(", 1<<20), strings.Repeat("\x00", 1<<20), strings.Repeat("\xff", 1<<20), "Mozilla/5.0",
	} {
		require.Equal(t, session.Device{Type: session.Unknown}, useragent.Devices{}.Identify(text, session.Hints{}), "%.40q", text)
	}
}

func TestWhatIsKeptIsShortAndCanBeSeen(t *testing.T) {
	for text, want := range map[string]session.Device{
		"cu\x00rl\x1b[31m/8.1":                   {Type: session.Unknown},
		"evil\u202egnp\r\nX: y/7.2":              {Name: "evilgnpX y", Type: session.Unknown, Browser: "evilgnpX y 7"},
		"клиент/3.4":                             {Name: "клиент", Type: session.Unknown, Browser: "клиент 3"},
		"curl/99999999999999999999":              {Type: session.Unknown},
		"cu\xffrl/8.1 \xc3":                      {Name: "curl", Type: session.Unknown, Browser: "curl 8"},
		"curl/8x.1":                              {Type: session.Unknown},
		strings.Repeat("ä", 100) + "/1":          {Name: strings.Repeat("ä", 40), Type: session.Unknown, Browser: strings.Repeat("ä", 40) + " 1"},
		"curl/8.1 " + strings.Repeat("ä", 1<<19): {Name: "curl", Type: session.Unknown, Browser: "curl 8"},
	} {
		require.Equal(t, want, useragent.Devices{}.Identify(text, session.Hints{}), "%.40q", text)
	}
}

func FuzzIdentify(f *testing.F) {
	for _, c := range known {
		f.Add(c.text)
	}
	for _, text := range []string{"", "(", "Android", "(Android;", "Android tablet;x", "CrOS x86_64 1;", "http://x", "a:b", "[FBAN/x;FBAV/1]", "\xff/1"} {
		f.Add(text)
	}
	f.Add(`"Chromium";v="139", "Not;A=Brand";v="99"`)
	f.Add(`"\\"`)
	f.Fuzz(func(t *testing.T, text string) {
		described(t, text, useragent.Devices{}.Identify(text, session.Hints{}))
		described(t, text, useragent.Devices{}.Identify("", session.Hints{Brands: text, Mobile: text, Platform: text}))
	})
}

// described checks that a device can be stored and shown.
func described(t *testing.T, text string, d session.Device) {
	t.Helper()
	for _, s := range []string{d.Name, d.Browser, d.OS} {
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > 60 || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q of %q", s, text)
		}
	}
	switch d.Type {
	case session.Desktop, session.Mobile, session.Tablet, session.Bot, session.Unknown:
	default:
		t.Fatalf("type %q", d.Type)
	}
}
