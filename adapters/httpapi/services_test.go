package httpapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
)

func basicAuth(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

var goodBasic = basicAuth(url.QueryEscape(goodClient.ID), url.QueryEscape(goodClient.Secret))

const (
	introspectPath = "/api/v1/auth/introspect"
	revokedPath    = "/api/v1/revocations"
	asForm         = "application/x-www-form-urlencoded"
)

// introspecting gives a request with a form; headers come in pairs.
func introspecting(form string, headers ...string) *http.Request {
	return ask("POST", introspectPath, form, append([]string{"Content-Type", "", "Content-Type", asForm}, headers...)...)
}

func TestIntrospection(t *testing.T) {
	s := start(t, newFakes())
	for name, r := range map[string]*http.Request{
		"basic":               introspecting("token="+goodToken, "Authorization", goodBasic),
		"in the body":         introspecting("token=" + goodToken + "&" + url.Values{"client_id": {goodClient.ID}, "client_secret": {goodClient.Secret}}.Encode()),
		"a hint":              introspecting("token_type_hint=refresh_token&token="+goodToken, "Authorization", goodBasic),
		"an unknown hint":     introspecting("token_type_hint=x&token="+goodToken, "Authorization", goodBasic),
		"another parameter":   introspecting("resource=x&token="+goodToken, "Authorization", goodBasic),
		"a charset":           introspecting("token="+goodToken, "Authorization", goodBasic, "Content-Type", "", "Content-Type", asForm+"; charset=UTF-8"),
		"its id in both":      introspecting("client_id="+url.QueryEscape(goodClient.ID)+"&token="+goodToken, "Authorization", goodBasic),
		"basic in small type": introspecting("token="+goodToken, "Authorization", strings.Replace(goodBasic, "Basic ", "bAsIc  ", 1)),
	} {
		w := s.do(r)
		require.Equal(t, 200, w.Code, "%s: %s", name, w.Body)
		require.Equal(t, "application/json", w.Header().Get("Content-Type"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		secure(t, w.Header())
		var pretty bytes.Buffer
		require.NoError(t, json.Indent(&pretty, bytes.TrimSpace(w.Body.Bytes()), "", "  "))
		golden(t, "testdata/answers/introspected.json", pretty.String()+"\n")
	}
	for _, bad := range []string{"x", "prt_x", strings.Repeat("x", 9000)} {
		w := s.do(introspecting("token="+bad, "Authorization", goodBasic))
		require.Equal(t, 200, w.Code)
		require.JSONEq(t, `{"active":false}`, w.Body.String())
	}
	require.NotContains(t, s.log.String(), goodToken)
}

func TestARefreshTokenIsNotIntrospectedAsAnAccessToken(t *testing.T) {
	f := newFakes()
	f.introspect = func(context.Context, tenant.ID, string) (inbound.Introspected, error) {
		return inbound.Introspected{Active: true, Kind: inbound.OfRefresh, ExpiresAt: instant}, nil
	}
	var body map[string]any
	w := start(t, f).do(introspecting("token=prt_x", "Authorization", goodBasic))
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
	require.Equal(t, true, body["active"])
	for _, absent := range []string{"token_type", "jti", "nbf", "username"} {
		require.NotContains(t, body, absent)
	}
}

func TestATokenThatIsBoundToAKeyIsIntrospectedAsOne(t *testing.T) {
	for kind, want := range map[inbound.TokenKind]string{
		inbound.OfAccess: `"token_type":"DPoP",`, inbound.OfRefresh: "",
	} {
		f := newFakes()
		f.introspect = func(context.Context, tenant.ID, string) (inbound.Introspected, error) {
			return inbound.Introspected{Active: true, Kind: kind, ExpiresAt: instant, KeyThumbprint: "thumb"}, nil
		}
		body := start(t, f).do(introspecting("token=x", "Authorization", goodBasic)).Body.String()
		require.Contains(t, body, `"cnf":{"jkt":"thumb"}`)
		require.Contains(t, body, want)
		require.NotContains(t, body, "Bearer")
	}
}

func TestWhoIsNoClientLearnsNothing(t *testing.T) {
	f := newFakes()
	f.introspect, f.revoked, f.follow = nil, nil, nil
	s := start(t, f)
	wrong := map[string][]string{
		"nothing":              nil,
		"a user's token":       {"Authorization", "Bearer " + goodToken},
		"a wrong secret":       {"Authorization", basicAuth("client%3A1", "x")},
		"not encoded":          {"Authorization", basicAuth(goodClient.ID, goodClient.Secret)},
		"encoded wrongly":      {"Authorization", basicAuth("client%3A1", "%zz")},
		"no secret":            {"Authorization", basicAuth("client%3A1", "")},
		"no colon":             {"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("client"))},
		"not base64":           {"Authorization", "Basic !"},
		"an empty credential":  {"Authorization", "Basic "},
		"a very long one":      {"Authorization", basicAuth("client%3A1", strings.Repeat("x", 9000))},
		"two":                  {"Authorization", goodBasic, "Authorization", goodBasic},
		"url-safe base64":      {"Authorization", strings.Replace(goodBasic, "Basic ", "Basic -_", 1)},
		"of another scheme":    {"Authorization", strings.Replace(goodBasic, "Basic", "Digest", 1)},
		"a line end within it": {"Authorization", "Basic Y2xp\nZW50"},
	}
	for name, headers := range wrong {
		for _, r := range []*http.Request{introspecting("token="+goodToken, headers...), ask("GET", revokedPath, "", headers...)} {
			w := s.do(r)
			require.Equal(t, 401, w.Code, name)
			refused(t, w, 401, fault.InvalidClient)
			require.Equal(t, []string{`Basic realm="plinto"`}, w.Header().Values("WWW-Authenticate"), name)
		}
	}
	for _, form := range []string{"client_id=client%3A1", "client_secret=x", "client_id=&client_secret=", "client_id=x&client_secret=y"} {
		refused(t, s.do(introspecting("token=x&"+form)), 401, fault.InvalidClient)
	}
	// A credential in the URL is none: URLs end up in logs.
	r := introspecting("token=x")
	r.URL.RawQuery = url.Values{"client_id": {goodClient.ID}, "client_secret": {goodClient.Secret}}.Encode()
	refused(t, s.do(r), 401, fault.InvalidClient)
	require.NotContains(t, s.log.String(), "pcs_")
}

func TestIntrospectionRefusesWhatItCannotRead(t *testing.T) {
	f := newFakes()
	f.introspect = nil
	s := start(t, f)
	for name, form := range map[string]string{
		"a parameter twice": "token=a&token=b", "an escape": "token=%zz", "a semicolon": "token=a;b=c", "a secret twice": "client_secret=a&token=x&client_secret=a",
	} {
		refused(t, s.do(introspecting(form, "Authorization", goodBasic)), 400, fault.MalformedRequest)
		require.NotEmpty(t, name)
	}
	for _, two := range []string{"token=x&client_secret=y", "token=x&client_id=other"} {
		refused(t, s.do(introspecting(two, "Authorization", goodBasic)), 400, fault.MalformedRequest)
	}
	for _, none := range []string{"", "x=y", "token="} {
		_, faults := refused(t, s.do(introspecting(none, "Authorization", goodBasic, "Content-Type", "", "Content-Type", asForm)), 422, fault.ValidationError)
		require.Equal(t, []string{"body.token missing"}, faults)
	}
	for _, kind := range []string{"", "application/json", "multipart/form-data; boundary=x", asForm + "; charset=latin1"} {
		e, _ := refused(t, s.do(introspecting("token=x", "Authorization", goodBasic, "Content-Type", "", "Content-Type", kind)), 415, fault.UnsupportedMediaType)
		require.Contains(t, e.Error.Message, asForm)
	}
	refused(t, s.do(introspecting("token="+strings.Repeat("x", 65<<10), "Authorization", goodBasic)), 413, fault.BodyTooLarge)
	require.Equal(t, 405, s.do(ask("GET", introspectPath, "", "Authorization", goodBasic)).Code)
}

func TestAClientWithoutTheScope(t *testing.T) {
	f := newFakes()
	f.client = func(_ context.Context, _ inbound.Caller, _ inbound.ClientCredential, _ client.Scope) (client.ID, error) {
		return client.ID{}, fault.New(fault.InsufficientScope)
	}
	s := start(t, f)
	for _, r := range []*http.Request{introspecting("token=x", "Authorization", goodBasic), ask("GET", revokedPath, "", "Authorization", goodBasic)} {
		w := s.do(r)
		refused(t, w, 403, fault.InsufficientScope)
		require.Empty(t, w.Header().Get("WWW-Authenticate"))
	}
}

func TestPagesOfRevocations(t *testing.T) {
	f := newFakes()
	var asked []any
	plain := f.revoked
	f.revoked = func(ctx context.Context, cursor string, limit int) (inbound.RevocationPage, error) {
		asked = append(asked, cursor, limit)
		return plain(ctx, cursor, limit)
	}
	s := start(t, f)
	w := s.do(ask("GET", revokedPath, "", "Authorization", goodBasic))
	require.Equal(t, 200, w.Code, w.Body.String())
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	secure(t, w.Header())
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, bytes.TrimSpace(w.Body.Bytes()), "", "  "))
	golden(t, "testdata/answers/revocations.json", pretty.String()+"\n")
	var body struct {
		NextCursor string `json:"next_cursor"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
	for _, accept := range []string{"", "application/json", "text/event-stream;q=0", "text/html"} {
		w = s.do(ask("GET", revokedPath+"?limit=1000&cursor="+body.NextCursor, "", "Authorization", goodBasic, "Accept", accept))
		require.Equal(t, "application/json", w.Header().Get("Content-Type"), accept)
	}
	require.Equal(t, []any{"", 100, "mark/1", 1000}, asked[:4])
	require.Empty(t, s.do(ask("HEAD", revokedPath, "", "Authorization", goodBasic, "Accept", "text/event-stream")).Body.String())

	f.revoked, f.follow = nil, nil
	for query, want := range map[string][]string{
		"limit=0": {"query.limit too_small"}, "limit=1001": {"query.limit too_large"}, "limit=x": {"query.limit wrong_type"}, "limit=": {"query.limit wrong_type"},
		"cursor=x": {"query.cursor invalid_cursor"}, "cursor=" + body.NextCursor + "%0a": {"query.cursor invalid_cursor"}, "cursor=MkFB": {"query.cursor invalid_cursor"},
		"limit=-1&cursor=!": {"query.limit too_small", "query.cursor invalid_cursor"},
	} {
		_, faults := refused(t, s.do(ask("GET", revokedPath+"?"+query, "", "Authorization", goodBasic)), 422, fault.ValidationError)
		require.Equal(t, want, faults, query)
	}
}
