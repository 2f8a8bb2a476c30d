package letters_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/letters"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

const link = "https://app.example.com/verify?token=abc_DEF-123&lang=en"

func every() []mail.Kind { return append(mail.Kinds(), mail.Trial) }

func writer(t *testing.T, o letters.Options) *letters.Letters {
	t.Helper()
	if o.Product == "" {
		o.Product = "Plinto"
	}
	l, err := letters.New(o)
	require.NoError(t, err)
	return l
}

func details() map[string]string {
	return map[string]string{
		mail.Link: link, mail.Expires: "3600", mail.Name: "Ann", mail.Device: "Firefox 126 on Linux", mail.Address: "192.0.2.7",
		mail.At: "2026-11-24T02:35:00+01:00", mail.NewEmail: "ann@example.org", mail.Count: "10",
	}
}

func write(t *testing.T, l *letters.Letters, kind mail.Kind, locale string, change map[string]string) outbound.Letter {
	t.Helper()
	d := details()
	maps.Copy(d, change)
	written, err := l.Write(kind, locale, d)
	require.NoError(t, err)
	return written
}

// A translator has one file, and it holds the same as every other.
func TestEveryLanguageSaysTheSame(t *testing.T) {
	files, err := filepath.Glob("words/*.json")
	require.NoError(t, err)
	require.Equal(t, []string{"words/en.json", "words/es.json", "words/pt.json"}, files)
	var first map[string]string
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var tree any
		require.NoError(t, json.Unmarshal(content, &tree))
		shape := map[string]string{}
		flatten(shape, "", tree)
		if first == nil {
			first = shape
		}
		require.Equal(t, first, shape, file)
	}
}

// flatten gives each sentence its path and its placeholders.
func flatten(into map[string]string, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, below := range v {
			flatten(into, at+"."+name, below)
		}
	case []any:
		for i, below := range v {
			flatten(into, at+"."+string(rune('a'+i)), below)
		}
	case string:
		names := regexp.MustCompile(`\{\w+\}`).FindAllString(v, -1)
		slices.Sort(names)
		if at == ".date" {
			names = nil // English has its parts in another order, and all have the same
		}
		into[at] = strings.Join(slices.Compact(names), "")
	}
}

func TestEveryMailInEveryLanguage(t *testing.T) {
	l := writer(t, letters.Options{})
	seen := map[string]string{}
	for _, locale := range []string{"en", "es", "pt"} {
		for _, kind := range every() {
			name := locale + " " + string(kind)
			w := write(t, l, kind, locale, nil)
			require.Equal(t, locale, w.Locale)
			require.Contains(t, w.Subject, "Plinto", name)
			require.Contains(t, w.HTML, `<html lang="`+locale+`">`)
			require.Contains(t, w.HTML, "<title>"+w.Subject+"</title>")
			require.Contains(t, w.HTML, "prefers-color-scheme: dark")
			for _, foreign := range []string{"src=", "<img", "@import", "url(", "<script", "{", "ZgotmplZ"} {
				if foreign != "{" {
					require.NotContains(t, w.HTML, foreign, name)
				}
				require.NotContains(t, w.Text, foreign, name)
				require.NotContains(t, w.Subject, foreign, name)
			}
			require.Empty(t, seen[w.Subject], "%s has the subject of %s", name, seen[w.Subject])
			seen[w.Subject] = name
			if strings.Contains(w.Text, "https://") {
				require.Contains(t, w.Text, "\n"+link+"\n", "the link is a line of its own")
				require.Contains(t, w.HTML, `href="https://app.example.com/verify?token=abc_DEF-123&amp;lang=en"`)
			} else {
				require.NotContains(t, w.HTML, "href", name)
			}
			require.NotContains(t, w.Text, "\n\n\n", name)
		}
	}
	for _, kind := range []mail.Kind{mail.VerifyEmail, mail.ChangeEmail, mail.ResetPassword, mail.MagicLink, mail.Invitation} {
		require.Contains(t, write(t, l, kind, "", nil).Text, link)
	}
}

func TestWhatIsTold(t *testing.T) {
	l := writer(t, letters.Options{})
	w := write(t, l, mail.NewDevice, "en-GB", nil)
	require.Contains(t, w.Text, "Hello Ann,\n\n")
	require.Contains(t, w.Text, "When: November 24, 2026 at 01:35 UTC\nDevice: Firefox 126 on Linux\nIP address: 192.0.2.7\n")
	w = write(t, l, mail.NewDevice, "es-419", map[string]string{mail.Device: ""})
	require.Contains(t, w.Text, "Cuándo: 24 de noviembre de 2026, 01:35 UTC\nDirección IP: 192.0.2.7\n")
	require.NotContains(t, w.Text, "Dispositivo")
	require.Contains(t, write(t, l, mail.EmailChanged, "pt-BR", nil).Text, "O novo endereço: ann@example.org")
	require.NotContains(t, write(t, l, mail.EmailChanged, "pt-BR", map[string]string{mail.NewEmail: ""}).Text, "novo endereço:", "a line without its detail is left out")
	require.Contains(t, write(t, l, mail.FailedSignIns, "", nil).Text, "Failed attempts in a row: 10")
}

func TestLifetimes(t *testing.T) {
	l := writer(t, letters.Options{})
	for seconds, want := range map[string]string{
		"600": "for 10 minutes.", "60": "for 1 minute.", "1": "for 1 minute.", "3600": "for 1 hour.", "7200": "for 2 hours.",
		"86400": "for 1 day.", "172800": "for 2 days.", "5400": "for 90 minutes.", "3659": "for 60 minutes.",
	} {
		require.Contains(t, write(t, l, mail.MagicLink, "en", map[string]string{mail.Expires: seconds}).Text, want, seconds)
	}
	for _, none := range []string{"", "0", "-1", "soon", "1e3", "99999999999"} {
		_, err := l.Write(mail.MagicLink, "en", map[string]string{mail.Link: link, mail.Expires: none})
		require.Error(t, err, none)
	}
}

func TestLocales(t *testing.T) {
	l := writer(t, letters.Options{})
	for locale, want := range map[string]string{
		"": "en", "en": "en", "en-AU": "en", "es": "es", "es-MX": "es", "pt": "pt", "pt-BR": "pt", "pt-PT": "pt", "PT_br": "pt",
		"de": "en", "zh-Hant": "en", "nonsense": "en", "x": "en", "\x00": "en", strings.Repeat("es-", 40): "en",
	} {
		require.Equal(t, want, write(t, l, mail.Trial, locale, nil).Locale, "%q", locale)
	}
	l = writer(t, letters.Options{Language: "pt"})
	require.Equal(t, "pt", write(t, l, mail.Trial, "de", nil).Locale)
	require.Equal(t, "en", write(t, l, mail.Trial, "en", nil).Locale)
	for _, none := range []string{"fr", "english", "-"} {
		_, err := letters.New(letters.Options{Product: "Plinto", Language: none})
		require.ErrorContains(t, err, "default language")
	}
}

// Whoever types a name or a device does not write to the reader.
func TestNothingTypedBecomesMore(t *testing.T) {
	l := writer(t, letters.Options{})
	attacks := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "Ann\r\nBcc: bob@example.com", "Ann\n\nYour account is locked",
		"http://evil.example", "https://evil.example/login", "evil.example", "www.evil.example", "bob@evil.example", "Ann, see evil.com/x",
		"Ann \u202emoc.live", "Ann\u200bevil", "Ann\u2028next", "{link}", "{{.Link}}", "javascript:alert(1)", "Call 1-800-555-0100",
		"evil\u3002example", "evil\uff0eexample", "//evil", `\\evil\share`, strings.Repeat("a", 41), "you have won a lot of money",
	}
	clean := write(t, l, mail.NewDevice, "en", map[string]string{mail.Name: ""})
	for _, attack := range attacks {
		w := write(t, l, mail.NewDevice, "en", map[string]string{mail.Name: attack})
		require.Equal(t, clean, w, "%q is greeted", attack)

		w = write(t, l, mail.NewDevice, "en", map[string]string{mail.Device: attack, mail.Address: attack, mail.At: attack, mail.NewEmail: attack, mail.Count: attack})
		for _, never := range []string{"<script", "<img", "evil.example", "evil.com", "://evil", "//evil", "\u202e", "\u200b", "\u2028", "\u3002", "\uff0e", "@", "javascript:", "Bcc:", "{"} {
			require.NotContains(t, w.Text, never, "%q", attack)
			if never != "{" && never != "@" {
				require.NotContains(t, w.HTML, never, "%q", attack)
			}
		}
		require.Equal(t, clean.Subject, w.Subject)
	}
	for _, name := range []string{"Ann", "Ann O'Neill", "José María Núñez", "Dr. Müller", "J. R. R. Tolkien", "Jean-Luc", "王小明", "नरेन्द्र"} {
		w := write(t, l, mail.NewDevice, "en", map[string]string{mail.Name: name})
		require.Contains(t, w.Text, "Hello "+name+",")
	}
	w := write(t, l, mail.EmailChanged, "en", map[string]string{mail.NewEmail: `a&b'<x>@example.com`})
	require.NotContains(t, w.HTML, "<x>")
	w = write(t, l, mail.EmailChanged, "en", map[string]string{mail.NewEmail: `a&b'@example.com`})
	require.Contains(t, w.HTML, `a&amp;b&#39;@example.com`)
	require.Contains(t, w.Text, `a&b'@example.com`)
	w = write(t, l, mail.NewDevice, "en", map[string]string{mail.Device: "Chrome 126.0.1 on Windows (x64)"})
	require.Contains(t, w.Text, "Device: Chrome 126.0.1 on Windows (x64)\n")
}

func TestLinksAreOurs(t *testing.T) {
	l := writer(t, letters.Options{})
	for _, bad := range []string{
		"", "javascript:alert(1)", "data:text/html,x", "/relative", "//host/x", "https://", "https://user:pass@example.com/", "ftp://example.com/",
		"https://example.com/\r\nx", "https://example.com/ x", `https://example.com/"onclick=`, "https://example.com/<b>", "https://exämple.com/",
	} {
		_, err := l.Write(mail.ResetPassword, "en", map[string]string{mail.Link: bad, mail.Expires: "3600"})
		require.ErrorContains(t, err, "has no link", bad)
		if bad != "" {
			require.NotContains(t, err.Error(), bad)
		}
	}
	_, err := l.Write("unheard_of", "en", details())
	require.ErrorContains(t, err, "no mail")
}

func TestProduct(t *testing.T) {
	w := write(t, writer(t, letters.Options{Product: `Ben & "Jerry" <b>`}), mail.Trial, "en", nil)
	require.Equal(t, `Test mail from Ben & "Jerry" <b>`, w.Subject)
	require.NotContains(t, w.HTML, "<b>")
	require.Contains(t, w.HTML, "Ben &amp; &#34;Jerry&#34; &lt;b&gt;")
	for _, bad := range []string{"", " ", "a\nb", "{name}"} {
		_, err := letters.New(letters.Options{Product: bad})
		require.Error(t, err, "%q", bad)
	}
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

func TestFolder(t *testing.T) {
	french, err := os.ReadFile("words/en.json")
	require.NoError(t, err)
	dir := folder(t, map[string]string{
		".hidden": "whatever", "fr.json": strings.Replace(string(french), `"Hello,"`, `"Bonjour,"`, 1),
		"en.json":         `{"footer":"Regards, {product}","mails":{"trial":{"subject":"Hey from {product}","lines":["It works."],"after":[]}}}`,
		"letter.txt":      "{{.Greeting}} {{range .Lines}}{{.}} {{end}}{{.Link}} {{.Footer}}",
		"magic_link.html": `<a href="{{.Link}}" title="{{.Subject}}">{{.Action}}</a>`,
	})
	l := writer(t, letters.Options{Folder: dir, Product: "A&B"})
	w := write(t, l, mail.Trial, "en", nil)
	require.Equal(t, "Hey from A&B", w.Subject)
	require.Equal(t, "Hello Ann, It works.  Regards, A&B", w.Text)
	require.Contains(t, w.HTML, "<h1>Hey from A&amp;B</h1>")
	require.Contains(t, write(t, l, mail.MagicLink, "en", nil).Subject, "Your link", "what is not said stays")
	require.Equal(t, `<a href="https://app.example.com/verify?token=abc_DEF-123&amp;lang=en" title="Your link to sign in to A&amp;B">Sign in</a>`, write(t, l, mail.MagicLink, "en", nil).HTML)
	require.Contains(t, write(t, l, mail.Trial, "fr-CA", map[string]string{mail.Name: ""}).Text, "Bonjour,")
}

func TestBadFolders(t *testing.T) {
	for name, c := range map[string]struct{ file, content, why string }{
		"unknown":         {"verify-email.html", "x", "is no file that letters are made of"},
		"unknown ending":  {"letter.md", "x", "is no file that letters are made of"},
		"no language":     {"english.json", "{}", "not the tag of a language"},
		"not canonical":   {"EN.json", "{}", "not the tag of a language"},
		"half a language": {"fr.json", `{"greeting":"Bonjour,"}`, "mails.verify_email is missing"},
		"no JSON":         {"en.json", `{`, "en.json"},
		"two":             {"en.json", `{} {}`, "something follows"},
		"unknown word":    {"en.json", `{"greetings":"Hi"}`, "greetings"},
		"unknown mail":    {"en.json", `{"mails":{"verify":{"subject":"x","lines":["x"]}}}`, "mails.verify is no mail"},
		"empty":           {"en.json", `{"greeting":" "}`, "greeting is missing"},
		"placeholder":     {"en.json", `{"footer":"{prodct}"}`, "{prodct}"},
		"user's subject":  {"en.json", `{"mails":{"trial":{"subject":"Hi {name}","lines":["x"]}}}`, "{name}"},
		"two lines":       {"en.json", `{"mails":{"trial":{"subject":"Hi\nBcc: x","lines":["x"]}}}`, "more than one line"},
		"no action":       {"en.json", `{"mails":{"magic_link":{"subject":"Hi","lines":["x"]}}}`, "mails.magic_link.action is missing"},
		"months":          {"en.json", `{"months":["January"]}`, "months are 1"},
		"template":        {"letter.txt", "{{.Greeting", "unclosed action"},
		"unknown field":   {"letter.txt", "{{.Nonsense}}", "Nonsense"},
		"unknown in HTML": {"trial.html", "{{.Nonsense}}", "Nonsense"},
		"blank":           {"trial.txt", " \n", "writes nothing"},
		"no link":         {"magic_link.txt", "{{.Greeting}}", "leave the link out"},
		"no link in HTML": {"magic_link.html", "<p>{{.Greeting}}</p>", "leave the link out"},
		"bad HTML":        {"letter.html", `<a href="{{if .Link}}x">y</a>`, "letter.html"},
	} {
		_, err := letters.New(letters.Options{Product: "Plinto", Folder: folder(t, map[string]string{c.file: c.content})})
		require.ErrorContains(t, err, c.why, name)
	}
	dir := folder(t, map[string]string{"a.txt": "x", "b.txt": "x"})
	require.NoError(t, os.Mkdir(filepath.Join(dir, "words"), 0o700))
	_, err := letters.New(letters.Options{Product: "Plinto", Folder: dir})
	for _, all := range []string{"a.txt", "b.txt", "words"} {
		require.ErrorContains(t, err, all)
	}
	_, err = letters.New(letters.Options{Product: "Plinto", Folder: filepath.Join(dir, "missing")})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.Symlink("/etc/hostname", filepath.Join(t.TempDir(), "x")))
}
