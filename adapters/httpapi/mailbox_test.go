package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
)

const boxPath = "/dev/mailbox"

// box is an inbound.Mailbox.
type box struct{ kept []mail.Kept }

func (b *box) List() []mail.Kept { return b.kept }
func (b *box) Clear()            { b.kept = nil }
func (b *box) Get(id mail.ID) (mail.Kept, bool) {
	for _, m := range b.kept {
		if m.ID == id {
			return m, true
		}
	}
	return mail.Kept{}, false
}

func twoMails() *box {
	return &box{[]mail.Kept{
		{
			ID: mail.ID{15: 2}, Kind: mail.MagicLink, To: "Bob@example.com", Subject: `<script>alert("s")</script>`,
			Text: "Open\n\nhttps://app.example.com/in?token=t&a=1\n\n<script>alert(1)</script>", HTML: "<!doctype html><script>alert(2)</script><p>hello</p>", Locale: "pt", At: instant,
		},
		{ID: mail.ID{15: 1}, Kind: mail.PasswordChanged, To: "ann@example.com", Subject: "Changed", Text: "no link", HTML: "<p>none</p>", Locale: "en", At: instant},
	}}
}

// withMailbox serves one on a developer's machine.
func withMailbox(t *testing.T, b *box, change ...func(*httpapi.Options)) func(method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	f := newFakes()
	services := f.services()
	services.Mailbox = b
	opts := httpapi.Options{Environment: "development", Docs: true, Now: func() time.Time { return instant }}
	for _, c := range change {
		c(&opts)
	}
	s, err := httpapi.New(services, opts)
	require.NoError(t, err)
	return func(method, path string, headers ...string) *httptest.ResponseRecorder {
		r := ask(method, path, "", headers...)
		if r.Host == "example.com" {
			r.Host = "127.0.0.1:8000"
		}
		if host := r.Header.Get("Host"); host != "" {
			r.Host = host
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
}

func TestMailboxForPrograms(t *testing.T) {
	b := twoMails()
	do := withMailbox(t, b)
	w := do("GET", boxPath)
	require.Equal(t, 200, w.Code)
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	secure(t, w.Header())
	var list struct{ Data []map[string]any }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
	require.Len(t, list.Data, 2)
	require.Equal(t, map[string]any{
		"id": "00000000-0000-0000-0000-000000000002", "kind": "magic_link", "to": "Bob@example.com", "subject": b.kept[0].Subject,
		"link": "https://app.example.com/in?token=t&a=1", "text": b.kept[0].Text, "html": b.kept[0].HTML, "locale": "pt", "received_at": "2026-01-02T03:04:05.000006Z",
	}, list.Data[0])
	require.NotContains(t, list.Data[1], "link")

	w = do("GET", boxPath+"?to=BOB@example.com")
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
	require.Len(t, list.Data, 1)
	require.JSONEq(t, `{"data":[]}`, do("GET", boxPath+"?to=eve@example.com").Body.String())

	w = do("GET", boxPath+"/00000000-0000-0000-0000-000000000001/")
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), `"subject":"Changed"`)
	for _, missing := range []string{"/00000000-0000-0000-0000-000000000003", "/nonsense", "/00000000-0000-0000-0000-000000000003/html", "/x/html"} {
		refused(t, do("GET", boxPath+missing), 404, fault.NotFound)
	}
	require.Equal(t, 204, do("DELETE", boxPath).Code)
	require.JSONEq(t, `{"data":[]}`, do("GET", boxPath).Body.String())
}

func TestMailboxForPeople(t *testing.T) {
	do := withMailbox(t, twoMails())
	browser := []string{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Sec-Fetch-Site", "same-origin"}
	for _, path := range []string{boxPath, boxPath + "/00000000-0000-0000-0000-000000000002"} {
		w := do("GET", path, browser...)
		require.Equal(t, 200, w.Code)
		require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
		require.Equal(t, "DENY", w.Header().Get("X-Frame-Options"))
		page := w.Body.String()
		require.NotContains(t, page, "<script")
		require.Contains(t, page, "&lt;script&gt;")
		require.Contains(t, page, "2026-01-02T03:04:05.000006Z")
		policy := w.Header().Get("Content-Security-Policy")
		require.Regexp(t, `^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'$`, policy)
		style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
		sum := sha256.Sum256([]byte(style[1]))
		require.Contains(t, policy, base64.StdEncoding.EncodeToString(sum[:]))
	}
	page := do("GET", boxPath+"/00000000-0000-0000-0000-000000000002", browser...).Body.String()
	require.Contains(t, page, `<a href="https://app.example.com/in?token=t&amp;a=1">`)
	require.Contains(t, page, `<iframe sandbox src="/dev/mailbox/00000000-0000-0000-0000-000000000002/html"`)

	w := do("GET", boxPath+"/00000000-0000-0000-0000-000000000002/html", browser...)
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "<p>hello</p>")
	require.Equal(t, "SAMEORIGIN", w.Header().Get("X-Frame-Options"))
	policy := w.Header().Get("Content-Security-Policy")
	for _, part := range []string{"sandbox;", "default-src 'none'", "frame-ancestors 'self'"} {
		require.Contains(t, policy, part)
	}
	require.NotContains(t, policy, "allow-scripts")

	require.Contains(t, withMailbox(t, &box{})("GET", boxPath, browser...).Body.String(), "no mail yet")
	require.Contains(t, do("GET", boxPath, "Accept", "application/json, text/html;q=0.5").Header().Get("Content-Type"), "application/json")
}

// A page of somebody else gets to see nothing, whatever it calls itself.
func TestMailboxIsForNobodyElse(t *testing.T) {
	b := twoMails()
	listed := func(o *httpapi.Options) { o.CORSOrigins = []string{"https://app.example.com"} }
	for name, headers := range map[string][]string{
		"a fetch of another site":      {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "empty"},
		"a fetch of another port":      {"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"},
		"a frame of another site":      {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"},
		"a script of another site":     {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"},
		"an origin":                    {"Origin", "https://evil.example"},
		"an origin that CORS may read": {"Origin", "https://app.example.com"},
		"no origin to speak of":        {"Origin", "null"},
		"another port of this machine": {"Origin", "http://127.0.0.1:3000"},
	} {
		do := withMailbox(t, b, listed)
		for _, method := range []string{"GET", "DELETE"} {
			w := do(method, boxPath, headers...)
			require.Equal(t, 404, w.Code, "%s: %s", name, method)
			require.NotContains(t, w.Body.String(), "example.com", name)
		}
	}
	require.Len(t, b.kept, 2)
	do := withMailbox(t, b)
	for _, host := range []string{"evil.example", "127.0.0.1.evil.example", "rebound.example:8000", "localhost.evil.example"} {
		require.Equal(t, http.StatusMisdirectedRequest, do("GET", boxPath, "Host", host).Code, host)
	}
	for _, host := range []string{"localhost:8000", "LOCALHOST", "127.0.0.1", "[::1]:8000", "192.168.1.5:8000", "plinto", "auth.localhost:8000"} {
		require.Equal(t, 200, do("GET", boxPath, "Host", host).Code, host)
	}
	require.Equal(t, 200, do("GET", boxPath, "Sec-Fetch-Site", "none").Code)
	require.Equal(t, 200, do("GET", boxPath, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document").Code, "a link may lead here")
	require.Equal(t, 200, do("GET", boxPath, "Origin", "http://127.0.0.1:8000").Code)
	require.Equal(t, 200, withMailbox(t, b, func(o *httpapi.Options) { o.PublicURL = "https://dev.example.com" })("GET", boxPath, "Host", "dev.example.com").Code)
	hosts := withMailbox(t, b, func(o *httpapi.Options) { o.AllowedHosts = []string{"dev.example.com"} })
	require.Equal(t, 200, hosts("GET", boxPath, "Host", "dev.example.com").Code)
	require.Equal(t, http.StatusMisdirectedRequest, hosts("GET", boxPath, "Host", "localhost").Code)
}

func TestMailboxIsOnlyThereForDevelopers(t *testing.T) {
	for _, environment := range []string{"production", "staging", ""} {
		services := newFakes().services()
		services.Mailbox = twoMails()
		_, err := httpapi.New(services, httpapi.Options{Environment: environment})
		require.ErrorContains(t, err, "no mailbox", environment)
	}
	s := start(t, newFakes())
	refused(t, s.do(ask("GET", boxPath, "")), 404, fault.NotFound)
	require.NotContains(t, strings.Join(s.Routes(), " "), boxPath)
}

func TestMailboxIsDocumentedWhereItIs(t *testing.T) {
	w := withMailbox(t, &box{})("GET", "/openapi.json")
	require.Equal(t, 200, w.Code)
	var doc openapi
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	require.Contains(t, doc.Paths, boxPath)
	require.Contains(t, doc.Paths, boxPath+"/{id}/html")
	require.Contains(t, doc.Components.Schemas, "Mails")
}
