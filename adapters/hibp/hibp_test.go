package hibp_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/hibp"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/outbound"
)

// The SHA-1 hash of "password" is 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8.
const (
	five = "5BAA6"
	rest = "1E4C9B93F3F0682250B6CF8331B7EE68FD8"
)

// asked is a stand-in for the service, and what it and the caller's log heard.
type asked struct {
	*hibp.Ranges
	log    bytes.Buffer
	failed atomic.Int32
	path   atomic.Pointer[string]
}

func serve(t *testing.T, handle http.HandlerFunc) *asked {
	t.Helper()
	a := &asked{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.path.Store(&r.URL.Path)
		if r.Header.Get("Add-Padding") != "true" || r.Header.Get("User-Agent") != "plinto-test" || r.Method != http.MethodGet {
			http.Error(w, "asked in another way", http.StatusBadRequest)
			return
		}
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	a.Ranges = hibp.New(hibp.Options{
		URL: server.URL + "/range", Timeout: 5 * time.Second, Agent: "plinto-test",
		Log: slog.New(slog.NewTextHandler(&a.log, nil)), Failed: func() { a.failed.Add(1) },
	})
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

func password(text string) credential.Password { return credential.NewPassword(text) }

const others = "003D68EB55068C33ACE09247EE4C639306B:3\r\n012C192B2F16F82EA0EB9EF18D9D539B0DD:1\r\n"

func TestABreachedPasswordIsFound(t *testing.T) {
	for name, body := range map[string]string{
		"last": others + rest + ":52579\r\n", "first": rest + ":1\n" + others, "in lower case": others + strings.ToLower(rest) + ":7",
	} {
		a := serve(t, says(body))
		found, err := a.Has(t.Context(), password("password"))
		require.NoError(t, err)
		require.True(t, found, name)
		require.Equal(t, "/range/"+five, *a.path.Load(), "no more than five characters leave")
	}
}

func TestOthersAreNot(t *testing.T) {
	for name, body := range map[string]string{"not there": others, "padding": others + rest + ":0\r\n"} {
		found, err := serve(t, says(body)).Has(t.Context(), password("password"))
		require.NoError(t, err)
		require.False(t, found, name)
	}
}

func TestAServiceThatIsAwayIsCountedAndSaidOnce(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"an error":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"a redirect":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"another page":  says("<html>" + rest + ":1</html>"),
		"nothing":       says(""),
		"a broken line": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			var back atomic.Bool
			a := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if back.Load() {
					says(others)(w, r)
					return
				}
				handle(w, r)
			})
			for range 3 {
				found, err := a.Has(t.Context(), password("password"))
				require.ErrorIs(t, err, outbound.ErrUnavailable)
				require.False(t, found)
				require.NotContains(t, err.Error(), five, "nothing of the hash")
			}
			require.EqualValues(t, 3, a.failed.Load())
			require.Equal(t, 1, strings.Count(a.log.String(), "\n"))
			require.NotContains(t, a.log.String(), five)
			back.Store(true)
			_, err := a.Has(t.Context(), password("password"))
			require.NoError(t, err)
			require.Contains(t, a.log.String(), "answers again")
		})
	}
}

func TestASlowServiceIsNotWaitedFor(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	failed := 0
	slow := hibp.New(hibp.Options{URL: server.URL, Timeout: 10 * time.Millisecond, Log: slog.New(slog.DiscardHandler), Failed: func() { failed++ }})
	_, err := slow.Has(t.Context(), password("password"))
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.Equal(t, 1, failed)
}

func TestACallerWhoGoesAwayIsNoFailure(t *testing.T) {
	a := serve(t, says(others))
	ctx, gone := context.WithCancel(t.Context())
	gone()
	_, err := a.Has(ctx, password("password"))
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, a.failed.Load())
	require.Empty(t, a.log.String())
}
