package useragent_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/useragent"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
)

const (
	chromeOnWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"
	chromeOnAndroid = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"
	notABrand       = `"Not;A=Brand";v="99"`
)

func sent(brands, mobile, platform string) session.Hints {
	return session.Hints{Brands: brands, Mobile: mobile, Platform: platform}
}

func TestHintsArePreferred(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		hints session.Hints
		want  session.Device
	}{
		"a browser that calls itself Chrome": {
			chromeOnWindows, sent(`"Brave";v="138", "Chromium";v="138", `+notABrand, "?0", `"Windows"`),
			session.Device{Name: "Brave on Windows", Type: session.Desktop, Browser: "Brave 138", OS: "Windows"},
		},
		"the one that says nothing more than its engine": {
			chromeOnWindows, sent(notABrand+`, "Chromium";v="140"`, "?0", `"Linux"`),
			session.Device{Name: "Chromium on Linux", Type: session.Desktop, Browser: "Chromium 140", OS: "Linux"},
		},
		"a tablet": {
			chromeOnAndroid, sent(`"Chromium";v="139", "Google Chrome";v="139"`, "?0", `"Android"`),
			session.Device{Name: "Chrome on Android", Type: session.Tablet, Browser: "Chrome 139", OS: "Android"},
		},
		"a telephone": {
			"", sent(`"Microsoft Edge";v="139.0.1"`, "?1", `"Android"`),
			session.Device{Name: "Edge on Android", Type: session.Mobile, Browser: "Edge 139", OS: "Android"},
		},
		"a quote in a name": {
			"", sent(`"A \"B\" \\";x="1";v="2"`, "", ""),
			session.Device{Name: `A "B" \`, Type: session.Unknown, Browser: `A "B" \ 2`},
		},
	} {
		require.Equal(t, c.want, useragent.Devices{}.Identify(c.text, c.hints), name)
	}
}

func TestHintsThatMakeNoSenseChangeNothing(t *testing.T) {
	want := useragent.Devices{}.Identify(chromeOnWindows, session.Hints{})
	for _, hints := range []session.Hints{
		{},
		sent("x", "x", "x"), sent(`"`, "1", `"`), sent(`"\x";v="1"`, "?", `"Unknown"`), sent(`"Brave"`, "true", `Windows`), sent(`"Brave";v="x"`, "", `"Windows" x`),
		sent(`"Brave";v`, "", `"TempleOS"`), sent(`"Brave";v="1" "x";v="1"`, "", ""), sent(notABrand, "", ""), sent(`" Not A;Brand";v="8", "Not/A)Brand";v="24"`, "", ""),
	} {
		require.Equal(t, want, useragent.Devices{}.Identify(chromeOnWindows, hints), "%q", hints)
	}
	bot := "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
	require.Equal(t, session.Bot, useragent.Devices{}.Identify(bot, sent(`"Brave";v="1"`, "?0", `"Windows"`)).Type, "a bot does not hide")
}

func TestHintsAreBounded(t *testing.T) {
	long := useragent.Devices{}.Identify("", session.Hints{Brands: `"` + strings.Repeat("x", 100) + `";v="1"`})
	require.Equal(t, strings.Repeat("x", 40)+" 1", long.Browser)
	require.Equal(t, session.Device{Type: session.Unknown}, useragent.Devices{}.Identify("", session.Hints{
		Brands: `"` + strings.Repeat("x", 1<<20) + `";v="1"`, Mobile: strings.Repeat("?", 1<<20), Platform: `"` + strings.Repeat("x", 1<<20) + `"`,
	}))
	require.Equal(t, session.Device{Type: session.Unknown}, useragent.Devices{}.Identify("", session.Hints{Brands: strings.Repeat(notABrand+", ", 8) + `"Brave";v="1"`}))
	hidden := useragent.Devices{}.Identify("", session.Hints{Brands: "\"evil\u202egnp\x00\";v=\"1\""})
	require.Equal(t, "evilgnp 1", hidden.Browser)
}

// The same browser is the same device whether or not it sends hints, which it
// does not over plain HTTP, and whatever its version is.
func TestABrowserIsOneDeviceWithHintsAndWithout(t *testing.T) {
	owner := user.ID{1}
	identify := useragent.Devices{}.Identify
	for _, c := range []struct {
		text  string
		hints session.Hints
	}{
		{chromeOnWindows, sent(`"Not;A=Brand";v="99", "Google Chrome";v="141", "Chromium";v="141"`, "?0", `"Windows"`)},
		{chromeOnWindows + " Edg/139.0.0.0", sent(`"Microsoft Edge";v="140", "Chromium";v="140"`, "?0", `"Windows"`)},
		{chromeOnWindows + " OPR/122.0.0.0", sent(`"Opera";v="123", "Chromium";v="140"`, "?0", `"Windows"`)},
		{
			"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
			sent(`"Google Chrome";v="138"`, "?0", `"Chrome OS"`),
		},
		{
			"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
			sent(`"Samsung Internet";v="29", "Chromium";v="130"`, "?1", `"Android"`),
		},
	} {
		require.Equal(t, identify(c.text, session.Hints{}).Fingerprint(owner), identify(c.text, c.hints).Fingerprint(owner), c.text)
	}
}
