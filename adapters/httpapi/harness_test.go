package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/revocation"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

var update = flag.Bool("update", false, "rewrite golden files and openapi.yaml")

const (
	goodToken = "good.token"
	requestID = "request-0001"
	signUpOK  = `{"email":"ann@example.com","password":"correct horse battery"}`
	signInOK  = `{"email":"ann@example.com","password":"correct horse battery"}`
	proofOK   = `{"password":"correct horse battery"}`
	changeOK  = `{"current_password":"correct horse battery","new_password":"another horse battery"}`
	updateOK  = `{"first_name":"Ann","locale":null,"user_metadata":{"plan":null}}`
	refreshOK = `{"refresh_token":"prt_old"}`
)

var instant = time.Date(2026, 1, 2, 3, 4, 5, 6789, time.UTC)

// fakes answer as the core does; a test replaces what it needs.
type fakes struct {
	administering

	checkSignUp  func(inbound.SignUp) []fault.Field
	checkSignIn  func(inbound.SignIn) []fault.Field
	signUp       func(context.Context, inbound.Caller, inbound.SignUp) (inbound.SignedIn, error)
	signIn       func(context.Context, inbound.Caller, inbound.SignIn) (inbound.SignedIn, error)
	authenticate func(context.Context, inbound.Caller, string) (inbound.Principal, error)
	me           func(context.Context, inbound.Principal) (user.User, error)
	refresh      func(context.Context, inbound.Caller, string) (inbound.TokenPair, error)
	checkProof   func(inbound.Reauthentication) []fault.Field
	checkChange  func(inbound.PasswordChange) []fault.Field
	proveAgain   func(context.Context, inbound.Caller, inbound.Principal, inbound.Reauthentication) (inbound.AccessToken, error)
	change       func(context.Context, inbound.Caller, inbound.Principal, inbound.PasswordChange) error
	signOut      func(context.Context, inbound.Caller, string) error
	checkUpdate  func(inbound.ProfileUpdate) []fault.Field
	update       func(context.Context, inbound.Caller, inbound.Principal, inbound.ProfileUpdate) (user.User, error)
	checkErasure func(inbound.Erasure) []fault.Field
	erase        func(context.Context, inbound.Caller, inbound.Principal, inbound.Erasure) error
	export       func(context.Context, inbound.Caller, inbound.Principal) (inbound.PersonalData, error)
	list         func(context.Context, inbound.Principal, inbound.Page) (inbound.SessionPage, error)
	get          func(context.Context, inbound.Principal, session.ID) (inbound.SessionDetail, error)
	recent       func(context.Context, inbound.Principal, inbound.EventPage) (inbound.HistoryPage, error)
	alerts       func(context.Context, inbound.Principal, inbound.EventPage) (inbound.HistoryPage, error)
	revoke       func(context.Context, inbound.Caller, inbound.Principal, session.ID) error
	revokeOthers func(context.Context, inbound.Caller, inbound.Principal) (int, error)
	client       func(context.Context, inbound.Caller, inbound.ClientCredential, client.Scope) (client.ID, error)
	checkClient  func(context.Context, client.ID, client.Scope) error
	introspect   func(context.Context, tenant.ID, string) (inbound.Introspected, error)
	revoked      func(context.Context, string, int) (inbound.RevocationPage, error)
	follow       func(context.Context, client.ID, string) (inbound.RevocationStream, error)
	published    func() (inbound.JWKS, error)
	admit        func(context.Context, inbound.Caller) error
	ready        func(context.Context) inbound.Readiness
	begin        func(context.Context, inbound.Caller, inbound.Principal, inbound.Repeatable) ([]byte, inbound.Attempt, error)
	linked       func(what string, c inbound.Caller, who inbound.Principal, given ...string) error
}

type (
	accounts  struct{ *fakes }
	passwords struct{ *fakes }
	profiles  struct{ *fakes }
	tokens    struct{ *fakes }
	sessions  struct{ *fakes }
	proofs    struct{}
	activity  struct {
		inbound.Activity
		*fakes
	}
	keys struct {
		inbound.Keys
		*fakes
	}
	clients struct {
		inbound.Clients
		*fakes
	}
	introspection struct{ *fakes }
	revocationLog struct{ *fakes }
	limits        struct{ *fakes }
	health        struct{ *fakes }
	idempotency   struct{ *fakes }
)

func (f idempotency) Begin(ctx context.Context, c inbound.Caller, who inbound.Principal, r inbound.Repeatable) ([]byte, inbound.Attempt, error) {
	return f.begin(ctx, c, who, r)
}

func (f clients) Authenticate(ctx context.Context, c inbound.Caller, cred inbound.ClientCredential, need client.Scope) (client.ID, error) {
	return f.client(ctx, c, cred, need)
}

func (f clients) Check(ctx context.Context, id client.ID, need client.Scope) error {
	return f.checkClient(ctx, id, need)
}

func (f introspection) Introspect(ctx context.Context, t tenant.ID, text string) (inbound.Introspected, error) {
	return f.introspect(ctx, t, text)
}

func (f revocationLog) Page(ctx context.Context, cursor string, limit int) (inbound.RevocationPage, error) {
	return f.revoked(ctx, cursor, limit)
}

func (f revocationLog) Follow(ctx context.Context, who client.ID, cursor string) (inbound.RevocationStream, error) {
	return f.follow(ctx, who, cursor)
}

func (f accounts) CheckSignUp(cmd inbound.SignUp) []fault.Field { return f.checkSignUp(cmd) }
func (f accounts) CheckSignIn(cmd inbound.SignIn) []fault.Field { return f.checkSignIn(cmd) }
func (f accounts) SignUp(ctx context.Context, c inbound.Caller, cmd inbound.SignUp) (inbound.SignedIn, error) {
	return f.signUp(ctx, c, cmd)
}

func (f accounts) SignIn(ctx context.Context, c inbound.Caller, cmd inbound.SignIn) (inbound.SignedIn, error) {
	return f.signIn(ctx, c, cmd)
}

func (f accounts) Me(ctx context.Context, who inbound.Principal) (user.User, error) {
	return f.me(ctx, who)
}

func (f passwords) CheckReauthentication(cmd inbound.Reauthentication) []fault.Field {
	return f.checkProof(cmd)
}
func (f passwords) CheckChange(cmd inbound.PasswordChange) []fault.Field { return f.checkChange(cmd) }

func (f passwords) Reauthenticate(ctx context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.Reauthentication) (inbound.AccessToken, error) {
	return f.proveAgain(ctx, c, who, cmd)
}

func (f passwords) Change(ctx context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.PasswordChange) error {
	return f.change(ctx, c, who, cmd)
}

func (f profiles) CheckUpdate(cmd inbound.ProfileUpdate) []fault.Field { return f.checkUpdate(cmd) }
func (f profiles) CheckErasure(cmd inbound.Erasure) []fault.Field      { return f.checkErasure(cmd) }

func (f profiles) Update(ctx context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.ProfileUpdate) (user.User, error) {
	return f.update(ctx, c, who, cmd)
}

func (f profiles) Erase(ctx context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.Erasure) error {
	return f.erase(ctx, c, who, cmd)
}

func (f profiles) Export(ctx context.Context, c inbound.Caller, who inbound.Principal) (inbound.PersonalData, error) {
	return f.export(ctx, c, who)
}

func (f tokens) Authenticate(ctx context.Context, c inbound.Caller, t string) (inbound.Principal, error) {
	return f.authenticate(ctx, c, t)
}

func (f tokens) Refresh(ctx context.Context, c inbound.Caller, t string) (inbound.TokenPair, error) {
	return f.refresh(ctx, c, t)
}

func (f tokens) SignOut(ctx context.Context, c inbound.Caller, t string) error {
	return f.signOut(ctx, c, t)
}

func (f sessions) List(ctx context.Context, who inbound.Principal, p inbound.Page) (inbound.SessionPage, error) {
	return f.list(ctx, who, p)
}

func (f activity) Recent(ctx context.Context, who inbound.Principal, p inbound.EventPage) (inbound.HistoryPage, error) {
	return f.recent(ctx, who, p)
}

func (f activity) Alerts(ctx context.Context, who inbound.Principal, p inbound.EventPage) (inbound.HistoryPage, error) {
	return f.alerts(ctx, who, p)
}

func (f sessions) Get(ctx context.Context, who inbound.Principal, id session.ID) (inbound.SessionDetail, error) {
	return f.get(ctx, who, id)
}

func (f sessions) Revoke(ctx context.Context, c inbound.Caller, who inbound.Principal, id session.ID) error {
	return f.revoke(ctx, c, who, id)
}

func (f sessions) RevokeOthers(ctx context.Context, c inbound.Caller, who inbound.Principal) (int, error) {
	return f.revokeOthers(ctx, c, who)
}

func (proofs) Nonce() string        { return "nonce-1" }
func (proofs) Algorithms() []string { return []string{"ES256", "EdDSA"} }

func (f keys) Published() (inbound.JWKS, error)                    { return f.published() }
func (f limits) Admit(ctx context.Context, c inbound.Caller) error { return f.admit(ctx, c) }
func (f health) Ready(ctx context.Context) inbound.Readiness       { return f.ready(ctx) }
func (f health) Drain()                                            {}

func ann() user.User {
	name, first, seen := "ann", "Ann", instant.Add(time.Hour)
	u, err := user.Restore(user.Snapshot{
		Tenant: tenant.Default, ID: user.ID{1}, Email: "Ann@example.com", Username: &name, Status: "active",
		Profile: user.Profile{FirstName: &first}, Metadata: []byte(`{"plan":"<free>"}`),
		CreatedAt: instant, UpdatedAt: instant, LastSignInAt: &seen, Revision: 7,
	})
	if err != nil {
		panic(err)
	}
	return u
}

func sessionOf(n byte) session.Session {
	return session.Session{
		Tenant: tenant.Default, ID: session.ID{n}, User: user.ID{1}, Address: "192.0.2.7", UserAgent: "Firefox on Linux",
		Device:    session.Device{Name: "Firefox on Linux", Type: session.Desktop, Browser: "Firefox", OS: "Linux"},
		CreatedAt: instant, LastActivityAt: instant, ExpiresAt: instant.Add(time.Hour).In(time.FixedZone("x", 3600)),
	}
}

var origin = event.Origin{Tenant: tenant.Default, RequestID: requestID, Address: "192.0.2.7"}

func recorded(e event.Event, n int64) event.Recorded {
	return event.Recorded{Event: e, Position: event.Position{Transaction: 7, Sequence: n}}
}

func newFakes() *fakes {
	pair := inbound.TokenPair{Access: "a.b.c", Refresh: "prt_new", ExpiresIn: 890*time.Second + time.Millisecond}
	in := inbound.SignedIn{User: ann(), Session: sessionOf(2), Tokens: pair, DeviceToken: "pdt_device"}
	ended := sessionOf(3)
	ended.EndedAt, ended.EndReason = &instant, session.SignedOut
	return &fakes{
		administering: newAdministering(),
		checkSignUp:   func(inbound.SignUp) []fault.Field { return nil },
		checkSignIn:   func(inbound.SignIn) []fault.Field { return nil },
		signUp:        func(context.Context, inbound.Caller, inbound.SignUp) (inbound.SignedIn, error) { return in, nil },
		signIn:        func(context.Context, inbound.Caller, inbound.SignIn) (inbound.SignedIn, error) { return in, nil },
		authenticate: func(_ context.Context, _ inbound.Caller, t string) (inbound.Principal, error) {
			if t != goodToken {
				return inbound.Principal{}, fault.New(fault.InvalidToken)
			}
			return inbound.Principal{Tenant: tenant.Default, User: user.ID{1}, Session: session.ID{2}}, nil
		},
		me:          func(context.Context, inbound.Principal) (user.User, error) { return ann(), nil },
		refresh:     func(context.Context, inbound.Caller, string) (inbound.TokenPair, error) { return pair, nil },
		checkProof:  func(inbound.Reauthentication) []fault.Field { return nil },
		checkChange: func(inbound.PasswordChange) []fault.Field { return nil },
		proveAgain: func(context.Context, inbound.Caller, inbound.Principal, inbound.Reauthentication) (inbound.AccessToken, error) {
			return inbound.AccessToken{Text: "d.e.f", ExpiresIn: pair.ExpiresIn}, nil
		},
		change:      func(context.Context, inbound.Caller, inbound.Principal, inbound.PasswordChange) error { return nil },
		signOut:     func(context.Context, inbound.Caller, string) error { return nil },
		checkUpdate: func(inbound.ProfileUpdate) []fault.Field { return nil },
		update: func(context.Context, inbound.Caller, inbound.Principal, inbound.ProfileUpdate) (user.User, error) {
			u := ann()
			u.Revision++
			return u, nil
		},
		checkErasure: func(inbound.Erasure) []fault.Field { return nil },
		erase:        func(context.Context, inbound.Caller, inbound.Principal, inbound.Erasure) error { return nil },
		export: func(context.Context, inbound.Caller, inbound.Principal) (inbound.PersonalData, error) {
			return inbound.PersonalData{
				At: instant, User: ann(), Devices: []session.KnownDevice{{Device: sessionOf(2).Device, FirstSeenAt: instant, LastSeenAt: instant}},
				Sessions: func(yield func(inbound.SessionDetail, error) bool) {
					_ = yield(inbound.SessionDetail{Session: sessionOf(2)}, nil) && yield(inbound.SessionDetail{Session: ended}, nil)
				},
				Events: func(yield func(event.Recorded, error) bool) {
					yield(recorded(event.SignedIn(origin, sessionOf(2)), 11), nil)
				},
			}, nil
		},
		list: func(context.Context, inbound.Principal, inbound.Page) (inbound.SessionPage, error) {
			return inbound.SessionPage{Sessions: []session.Session{sessionOf(9), sessionOf(2)}, Next: session.ID{2}}, nil
		},
		get: func(_ context.Context, who inbound.Principal, id session.ID) (inbound.SessionDetail, error) {
			if id != who.Session {
				return inbound.SessionDetail{Session: ended}, nil
			}
			return inbound.SessionDetail{
				Session: sessionOf(2), Addresses: []session.SeenAddress{{Address: "192.0.2.7", FirstAt: instant, LastAt: instant.Add(time.Minute)}},
				Device: &session.KnownDevice{FirstSeenAt: instant.Add(-time.Hour), LastSeenAt: instant},
			}, nil
		},
		recent: func(context.Context, inbound.Principal, inbound.EventPage) (inbound.HistoryPage, error) {
			return inbound.HistoryPage{Events: []event.Recorded{
				recorded(event.Ended(origin, event.OfUser(user.ID{1}), session.ID{9}, user.ID{1}, session.SignedOut, instant), 12),
				recorded(event.SignedIn(origin, sessionOf(9)), 11),
			}, Next: event.Position{Transaction: 7, Sequence: 11}}, nil
		},
		alerts: func(context.Context, inbound.Principal, inbound.EventPage) (inbound.HistoryPage, error) {
			return inbound.HistoryPage{Events: []event.Recorded{recorded(event.FailedSignIn(origin, user.ID{1}, event.WrongPassword, instant), 5)}}, nil
		},
		revoke:       func(context.Context, inbound.Caller, inbound.Principal, session.ID) error { return nil },
		revokeOthers: func(context.Context, inbound.Caller, inbound.Principal) (int, error) { return 3, nil },
		client: func(_ context.Context, _ inbound.Caller, cred inbound.ClientCredential, _ client.Scope) (client.ID, error) {
			if cred != goodClient {
				return client.ID{}, fault.New(fault.InvalidClient)
			}
			return client.ID{7}, nil
		},
		checkClient: func(context.Context, client.ID, client.Scope) error { return nil },
		introspect: func(_ context.Context, _ tenant.ID, text string) (inbound.Introspected, error) {
			if text != goodToken {
				return inbound.Introspected{}, nil
			}
			return inbound.Introspected{
				Active: true, Issuer: "https://auth.example.com", Audience: []string{"api"}, ClientID: "plinto", Subject: user.ID{1}, Username: "ann",
				Session: session.ID{2}, Tenant: tenant.Default, ID: token.ID{3}, IssuedAt: instant, NotBefore: instant, ExpiresAt: instant.Add(time.Minute),
				AuthTime: instant, Methods: []string{"pwd"},
			}, nil
		},
		revoked: func(context.Context, string, int) (inbound.RevocationPage, error) {
			return inbound.RevocationPage{Entries: revokedEntries(), Next: "mark/1", More: true, AsOf: instant, MaxAge: 1004*time.Second + 1}, nil
		},
		published: func() (inbound.JWKS, error) {
			return inbound.JWKS{Body: []byte(`{"keys":[]}`), MaxAge: 5 * time.Minute}, nil
		},
		admit:  func(context.Context, inbound.Caller) error { return nil },
		linked: func(string, inbound.Caller, inbound.Principal, ...string) error { return nil },
		ready: func(context.Context) inbound.Readiness {
			return inbound.Readiness{State: inbound.Ready, Database: inbound.DatabaseHealth{
				Engine: "sqlite", Healthy: true, ResponseTime: 1234 * time.Microsecond,
				Size: 4, InUse: 1, Idle: 3, Max: 5, CurrentMigration: 7, ExpectedMigration: 7, CheckedAt: instant,
			}, Cache: inbound.CacheHealth{Configured: true, Healthy: true, ResponseTime: 500 * time.Microsecond}}
		},
	}
}

func (f *fakes) services() inbound.Services {
	return inbound.Services{
		Administration: administration{f},
		Directory:      directory{f},
		Accounts:       accounts{f},
		Passwords:      passwords{f},
		Profiles:       profiles{f},
		Recovery:       recovery{f},
		Addresses:      addresses{f},
		MagicLinks:     magicLinks{f},
		Invitations:    invitations{f},
		Tokens:         tokens{f},
		Proofs:         proofs{},
		Sessions:       sessions{f},
		Activity:       activity{fakes: f},
		Idempotency:    idempotency{f},
		Keys:           keys{fakes: f},
		Limits:         limits{f},
		Health:         health{f},
		Clients:        clients{fakes: f},
		Introspection:  introspection{f},
		RevocationLog:  revocationLog{f},
	}
}

// goodClient is the credential of a client; it needs form-encoding.
var goodClient = inbound.ClientCredential{ID: "client:1", Secret: "pcs_a+b c"}

func revokedEntries() []revocation.Entry {
	return []revocation.Entry{
		{Kind: revocation.OneSession, Session: session.ID{2}, User: user.ID{1}, At: instant, Reason: "signed_out"},
		{Kind: revocation.AllSessions, Before: instant, At: instant},
		{Kind: revocation.OneKey, KID: "k1", At: instant, Reason: "leaked"},
	}
}

func decision(name string, quota, remaining int, allowed bool, wait time.Duration) limit.Decision {
	d := limit.Decision{
		Rule: limit.Rule{Name: name, Quota: quota, Window: 5 * time.Minute}, Allowed: allowed, Remaining: remaining, ResetAfter: wait,
	}
	if !allowed {
		d.ResetAfter, d.RetryAfter = 2*wait, wait
	}
	return d
}

// server is an API under test, with its log.
type server struct {
	*httpapi.Server
	log *bytes.Buffer
}

func start(t testing.TB, f *fakes, change ...func(*httpapi.Options)) server {
	t.Helper()
	var log bytes.Buffer
	opts := httpapi.Options{
		Version: "1.2.3", Environment: "test", Database: "sqlite", Cache: "memory", Docs: true,
		Features:     map[string]bool{"ENABLE_SIGNUPS": true, "ENABLE_MFA": false},
		Metrics:      http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") }),
		Log:          slog.New(slog.NewJSONHandler(&log, nil)),
		Now:          func() time.Time { return instant },
		NewRequestID: func() string { return "made-0001" },
	}
	for _, c := range change {
		c(&opts)
	}
	s, err := httpapi.New(f.services(), opts)
	require.NoError(t, err)
	return server{s, &log}
}

// ask makes a request; headers come in pairs.
func ask(method, target, body string, headers ...string) *http.Request {
	var r *http.Request
	if body == "" {
		r = httptest.NewRequest(method, target, nil)
	} else {
		r = httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("X-Request-ID", requestID)
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		} else {
			r.Header.Add(headers[i], headers[i+1])
		}
	}
	return r
}

func asAnn(method, target string) *http.Request {
	return ask(method, target, "", "Authorization", "Bearer "+goodToken)
}

func (s server) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// lines gives the log, one map a line.
func (s server) lines(t testing.TB) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(s.log.String()) {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		out = append(out, m)
	}
	return out
}

type wireError struct {
	Error struct {
		Code      string `json:"code"`
		Message   string `json:"message"`
		RequestID string `json:"request_id"`
		Timestamp string `json:"timestamp"`
		Details   struct {
			ValidationErrors []struct{ Field, Type, Message string } `json:"validation_errors"`
		} `json:"details"`
	} `json:"error"`
}

// refused checks that an answer is an error of the one shape and gives its
// parts; faults as "field type".
func refused(t testing.TB, w *httptest.ResponseRecorder, status int, code fault.Code) (wireError, []string) {
	t.Helper()
	var e wireError
	require.Equal(t, status, w.Code, w.Body.String())
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	dec := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&e), w.Body.String())
	require.Equal(t, string(code), e.Error.Code)
	require.NotEmpty(t, e.Error.Message)
	require.Equal(t, w.Header().Get("X-Request-ID"), e.Error.RequestID)
	require.Equal(t, "2026-01-02T03:04:05.000006Z", e.Error.Timestamp)
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	secure(t, w.Header())
	var faults []string
	for _, f := range e.Error.Details.ValidationErrors {
		require.NotEmpty(t, f.Message)
		faults = append(faults, f.Field+" "+f.Type)
	}
	return e, faults
}

// secure checks the headers that no answer goes without.
func secure(t testing.TB, h http.Header) {
	t.Helper()
	for name, value := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		require.Equal(t, []string{value}, h.Values(name), name)
	}
	require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
	require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	require.Contains(t, h.Get("Permissions-Policy"), "geolocation=()")
	require.NotEmpty(t, h.Get("X-Request-ID"))
	require.NotEmpty(t, h.Get("Cache-Control"))
	require.Empty(t, h.Get("Server"))
	require.Empty(t, h.Get("X-Powered-By"))
}

// golden compares text with a file of testdata.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run the test with -update when this is meant")
}
