package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type kept struct {
	Data []struct{ ID, Kind, To, Subject, Text, Locale string }
}

// Mail of a developer's instance goes to nobody, and is there to be read.
func TestMailIsKeptForDevelopers(t *testing.T) {
	i := start(t, t.TempDir())
	require.Contains(t, i.out.String(), "mail      is kept at "+i.url+"/dev/mailbox")
	var signedIn struct {
		Tokens struct {
			AccessToken string `json:"access_token"`
		}
	}
	const password = "correct horse battery staple"
	i.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password, "first_name": "Ann"}).want(201, &signedIn)
	i.call("POST", "/api/v1/auth/password/change", signedIn.Tokens.AccessToken, map[string]string{
		"current_password": password, "new_password": "another horse, another stable",
	}).want(204)
	var mails kept
	require.Eventually(t, func() bool {
		i.call("GET", "/dev/mailbox?to=ann@example.com", "", nil).want(200, &mails)
		for _, m := range mails.Data {
			if m.Kind == "password_changed" {
				return true
			}
		}
		return false
	}, 20*time.Second, 50*time.Millisecond)
	require.Contains(t, mails.Data[0].Text, "Hello Ann,")
	require.Equal(t, "en", mails.Data[0].Locale)
	i.call("GET", "/dev/mailbox/"+mails.Data[0].ID+"/html", "", nil)
	i.call("DELETE", "/dev/mailbox", "", nil).want(204)
	i.call("GET", "/dev/mailbox", "", nil).want(200, &mails)
	require.Empty(t, mails.Data)
}

// No other instance has the mailbox, or takes the wish for one.
func TestMailIsShownToNobodyElse(t *testing.T) {
	secrets := []string{
		"SECRET_KEY=pX3v0mB8tq1Zs7JkYw5LrUe2HcNfGdA9", "JWT_SECRET_KEY=9fKq2WzR7nTbV4xMhS1cEyL8uJpD6gXa", "HOST=127.0.0.1", "SHUTDOWN_DELAY=0s",
	}
	production := append(secrets, "ENVIRONMENT=production", "PUBLIC_URL=https://auth.example.com", "ALLOWED_HOSTS=127.0.0.1", "AUTO_MIGRATE=true")
	for _, settings := range [][]string{production, append(secrets, "ENVIRONMENT=staging")} {
		i := start(t, t.TempDir(), settings...)
		for _, path := range []string{"/dev/mailbox", "/dev/mailbox/00000000-0000-0000-0000-000000000001", "/dev/mailbox/00000000-0000-0000-0000-000000000001/html"} {
			i.call("GET", path, "", nil).fault(404, "not_found")
		}
		require.Equal(t, 0, i.stop())
	}
	out, err := command(t.TempDir(), environment(append(production, "EMAIL_ENABLED=true", "EMAIL_PROVIDER=mailbox")...))
	require.Error(t, err)
	require.Contains(t, out, "EMAIL_PROVIDER: is mailbox")
	sends := start(t, t.TempDir(), "EMAIL_ENABLED=true", "SMTP_HOST=localhost", "SMTP_TLS=none", "EMAIL_FROM_ADDRESS=a@example.com", "PUBLIC_URL=http://localhost")
	sends.call("GET", "/dev/mailbox", "", nil).fault(404, "not_found")
}

// An operator tries mail before anything else is there.
func TestTryingMail(t *testing.T) {
	var mu sync.Mutex // of what the service knows
	status := http.StatusAccepted
	var got struct{ To, Subject, Locale, Kind string }
	var authorization string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		_ = json.Unmarshal(body, &got)
		authorization = r.Header.Get("Authorization")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"message":"ann@example.com has left"}`)
	}))
	t.Cleanup(service.Close)
	settings := func(more ...string) []string {
		return environment(append([]string{
			"EMAIL_ENABLED=true", "EMAIL_PROVIDER=http", "EMAIL_API_URL=" + service.URL, "EMAIL_API_KEY=the-key", "EMAIL_FROM_ADDRESS=a@example.com",
			"EMAIL_FROM_NAME=Acme", "PUBLIC_URL=http://localhost",
		}, more...)...)
	}
	out, err := command(t.TempDir(), settings(), "mail", "test", "ann@example.com", "--locale", "es-MX")
	require.NoError(t, err, out)
	require.Contains(t, out, "http took mail ")
	mu.Lock()
	require.Equal(t, "Correo de prueba de Acme", got.Subject)
	require.Equal(t, "ann@example.com", got.To)
	require.Equal(t, "trial", got.Kind)
	require.Equal(t, "Bearer the-key", authorization)
	mu.Unlock()

	for code, why := range map[int]string{422: "mail rejected (422): … has left", 401: "401 … has left: mail was not accepted", 502: "did not say whether"} {
		mu.Lock()
		status = code
		mu.Unlock()
		out, err = command(t.TempDir(), settings(), "mail", "test", "ann@example.com")
		require.Error(t, err)
		require.Contains(t, out, why)
		require.NotContains(t, out, "the-key")
	}
	out, err = command(t.TempDir(), environment(), "mail", "test", "ann@example.com")
	require.Error(t, err)
	require.Contains(t, out, "no mail leaves here")
	out, err = command(t.TempDir(), settings(), "mail", "test", "ann")
	require.Error(t, err)
	require.Contains(t, out, "not one address")
}

// Words that cannot be sent later are found at start.
func TestBadTemplatesAreFoundAtStart(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "letter.txt"), []byte("{{.Nonsense}}"), 0o600))
	out, err := command(t.TempDir(), environment("EMAIL_TEMPLATES_DIR="+dir))
	require.Error(t, err)
	require.Contains(t, out, "Nonsense")
	out, err = command(t.TempDir(), environment("EMAIL_DEFAULT_LOCALE=fr"))
	require.Error(t, err)
	require.Contains(t, out, `no words in the default language "fr"`)
}
