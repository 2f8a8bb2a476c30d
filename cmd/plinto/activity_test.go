package main_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// from sends a request as another client does: from an address, by way of a
// proxy that is trusted, and from a device.
func (i *instance) from(address, device, method, path, token, body string) answer {
	i.t.Helper()
	request, err := http.NewRequest(method, i.url+path, strings.NewReader(body))
	require.NoError(i.t, err)
	request.Header.Set("X-Forwarded-For", address)
	request.Header.Set("User-Agent", device)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := i.ask(request)
	require.NoError(i.t, err)
	return a
}

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)

type happening struct {
	Name      string
	SessionID string `json:"session_id"`
	IPAddress string `json:"ip_address"`
	Device    *struct{ Name string }
	Details   map[string]string
}

// Where a session is used is told once it was stored, at the latest when the
// program that noted it drains.
func TestUseAndDevicesOnSQLite(t *testing.T) {
	useAndDevices(t)
}

func TestUseAndDevicesOnPostgres(t *testing.T) {
	useAndDevices(t, "DATABASE_URL="+postgresURL(t))
}

func useAndDevices(t *testing.T, settings ...string) {
	dir := t.TempDir()
	settings = append(append(settings, "TRUSTED_PROXIES=127.0.0.1/32", "RATE_LIMIT_ENABLED=false", "GUESSES_FREE=6"), fast...)
	i := start(t, dir, settings...)
	var ann, phone signIn
	account := `{"email":"ann@example.com","password":"` + password + `"}`
	i.from("192.0.2.1", firefox, "POST", "/api/v1/auth/signup", "", account).want(201, &ann)
	wrong := strings.Replace(account, password, "not the password", 1)
	for range 5 {
		i.from("198.51.100.66", "curl/8.14.1", "POST", "/api/v1/auth/signin", "", wrong).fault(401, "invalid_credentials")
	}
	i.from("192.0.2.2", iphone, "POST", "/api/v1/auth/signin", "", account).want(200, &phone)
	i.from("192.0.2.3", iphone, "GET", "/api/v1/auth/me", phone.Tokens.Access, "").want(200)
	require.Zero(t, i.stop())

	i = start(t, dir, settings...)
	var detail struct {
		LastActivityAt    time.Time  `json:"last_activity_at"`
		CreatedAt         time.Time  `json:"created_at"`
		DeviceFirstSeenAt *time.Time `json:"device_first_seen_at"`
		Addresses         []struct {
			IPAddress string `json:"ip_address"`
		}
	}
	i.from("192.0.2.3", iphone, "GET", "/api/v1/sessions/current", phone.Tokens.Access, "").want(200, &detail)
	require.Len(t, detail.Addresses, 2)
	require.Equal(t, "192.0.2.3", detail.Addresses[0].IPAddress)
	require.Equal(t, "192.0.2.2", detail.Addresses[1].IPAddress)
	require.True(t, detail.LastActivityAt.After(detail.CreatedAt))
	require.Equal(t, detail.CreatedAt, *detail.DeviceFirstSeenAt)

	read := func(path string) (list []happening) {
		cursor := ""
		for {
			var page struct {
				Data []happening
				Next *string `json:"next_cursor"`
			}
			i.from("192.0.2.1", firefox, "GET", path+"?limit=3"+cursor, ann.Tokens.Access, "").want(200, &page)
			list = append(list, page.Data...)
			if page.Next == nil {
				return list
			}
			cursor = "&cursor=" + *page.Next
		}
	}
	recent := read("/api/v1/sessions/activity/recent")
	require.Len(t, recent, 8)
	require.Equal(t, "session.new_device", recent[0].Name)
	require.Equal(t, "Safari on iOS", recent[0].Device.Name)
	require.Equal(t, "session.created", recent[1].Name)
	require.Equal(t, phone.Session.ID, recent[1].SessionID)
	require.Equal(t, happening{Name: "sign_in.failed", IPAddress: "198.51.100.66", Details: map[string]string{"reason": "wrong_password"}}, recent[2])
	alerts := read("/api/v1/sessions/security/alerts")
	require.Len(t, alerts, 2)
	require.Equal(t, "session.new_device", alerts[0].Name)
	require.Equal(t, "sign_in.failed", alerts[1].Name)

	var bob signIn
	i.from("192.0.2.9", firefox, "POST", "/api/v1/auth/signup", "", strings.Replace(account, "ann@", "bob@", 1)).want(201, &bob)
	ann = bob
	require.Len(t, read("/api/v1/sessions/activity/recent"), 1)
	require.Empty(t, read("/api/v1/sessions/security/alerts"))
}
