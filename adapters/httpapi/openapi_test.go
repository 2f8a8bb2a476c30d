package httpapi_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/fault"
)

type operation struct {
	OperationID string                     `json:"operationId"`
	Summary     string                     `json:"summary"`
	Security    []map[string][]string      `json:"security"`
	RequestBody json.RawMessage            `json:"requestBody"`
	Responses   map[string]json.RawMessage `json:"responses"`
}

type openapi struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas         map[string]json.RawMessage `json:"schemas"`
		SecuritySchemes map[string]any             `json:"securitySchemes"`
	} `json:"components"`
}

func document(t testing.TB, s server) (openapi, []byte) {
	t.Helper()
	w := s.do(ask("GET", "/openapi.json", ""))
	require.Equal(t, 200, w.Code)
	require.Equal(t, "application/openapi+json", w.Header().Get("Content-Type"))
	require.Equal(t, "public, max-age=300", w.Header().Get("Cache-Control"))
	secure(t, w.Header())
	var doc openapi
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	return doc, w.Body.Bytes()
}

func TestTheCommittedDocumentIsTheServedOne(t *testing.T) {
	_, raw := document(t, start(t, newFakes()))
	var tree any
	require.NoError(t, yaml.Unmarshal(raw, &tree))
	text, err := yaml.Marshal(tree)
	require.NoError(t, err)
	golden(t, "openapi.yaml", string(text))
}

func TestRoutesAndDocumentAreTheSame(t *testing.T) {
	s := start(t, newFakes())
	doc, _ := document(t, s)
	var documented []string
	ids := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			documented = append(documented, strings.ToUpper(method)+" "+path)
			require.NotEmpty(t, op.Summary, path)
			require.False(t, ids[op.OperationID], "%s is given twice", op.OperationID)
			ids[op.OperationID] = true
		}
	}
	slices.Sort(documented)
	require.Equal(t, s.Routes(), documented)
	require.Equal(t, "3.1.0", doc.OpenAPI)
}

func TestTheDocumentIsClosedInItself(t *testing.T) {
	doc, raw := document(t, start(t, newFakes()))
	for _, ref := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
		require.Contains(t, doc.Components.Schemas, ref[1])
	}
	for name := range doc.Components.Schemas {
		require.NotContains(t, []string{"ErrorModel", "ErrorDetail"}, name)
		require.NotContains(t, name, "JSON")
	}
	require.NotContains(t, string(raw), "$schema")
	require.Contains(t, doc.Components.SecuritySchemes, "bearer")
	for _, p := range protected {
		path, _, _ := strings.Cut(p[1], "?")
		if op, ok := doc.Paths[path][strings.ToLower(p[0])]; ok {
			require.Equal(t, []map[string][]string{{"bearer": {}}, {"dpop": {}}}, op.Security, path)
		}
	}
	require.Empty(t, doc.Paths["/api/v1/auth/signin"]["post"].Security)
	require.Contains(t, doc.Components.SecuritySchemes, "client")
	for path, method := range map[string]string{introspectPath: "post", revokedPath: "get"} {
		require.Equal(t, []map[string][]string{{"client": {}}}, doc.Paths[path][method].Security, path)
	}
	for _, name := range []string{
		"SignUp", "SignIn", "Refresh", "Reauthenticate", "PasswordChange", "ProfileUpdate", "Erasure",
		"Forgot", "Reset", "MailedToken", "MagicLink", "AddressChange", "CreateUser",
	} {
		var schema struct {
			AdditionalProperties *bool    `json:"additionalProperties"`
			Required             []string `json:"required"`
		}
		require.NoError(t, json.Unmarshal(doc.Components.Schemas[name], &schema))
		require.NotNil(t, schema.AdditionalProperties, name)
		require.False(t, *schema.AdditionalProperties, name)
		require.Equal(t, name == "ProfileUpdate" || name == "Erasure", len(schema.Required) == 0, name)
	}
}

// What the reader of bodies refuses as missing is what the document requires.
func TestTheDocumentRequiresWhatTheReaderRequires(t *testing.T) {
	s := start(t, newFakes())
	doc, _ := document(t, s)
	for path, name := range map[string]string{
		"/api/v1/auth/signup": "SignUp", "/api/v1/auth/signin": "SignIn", "/api/v1/auth/refresh": "Refresh",
		"/api/v1/auth/reauthenticate": "Reauthenticate", "/api/v1/auth/password/change": "PasswordChange",
		"/api/v1/auth/password/forgot": "Forgot", "/api/v1/auth/password/reset": "Reset", "/api/v1/auth/email/verify": "MailedToken",
		"/api/v1/auth/magic-link": "MagicLink", "/api/v1/users/me/email": "AddressChange", "/api/v1/users": "CreateUser",
		"/api/v1/auth/invitation/accept": "Acceptance",
	} {
		var schema struct {
			Required   []string                   `json:"required"`
			Properties map[string]json.RawMessage `json:"properties"`
		}
		require.NoError(t, json.Unmarshal(doc.Components.Schemas[name], &schema))
		_, faults := refused(t, s.do(asking("POST", path, "{}")), 422, fault.ValidationError)
		var missing []string
		for _, f := range faults {
			if name == "SignIn" && f == "body.email missing" {
				continue // one of two: said by oneOf
			}
			missing = append(missing, strings.TrimSuffix(strings.TrimPrefix(f, "body."), " missing"))
		}
		require.ElementsMatch(t, schema.Required, missing, name)
		for field := range schema.Properties {
			_, faults := refused(t, s.do(asking("POST", path, `{"`+field+`":[]}`)), 422, fault.ValidationError)
			require.Contains(t, faults, "body."+field+" wrong_type")
		}
	}
}

// Golden bodies have exactly the members that the document gives their schema,
// less those that may be absent.
func TestAnswersAreAsDocumented(t *testing.T) {
	doc, _ := document(t, start(t, newFakes()))
	for file, name := range map[string]string{
		"signup": "SignedIn", "refresh": "Tokens", "me": "User", "export": "Export", "reauthenticated": "AccessToken", "session": "Session", "session_current": "Session",
		"activity": "HistoryPage", "alerts": "HistoryPage", "sessions": "SessionPage",
		"sessions_revoked": "Revoked", "health": "Health", "ready": "Ready", "status": "Status", "jwks": "Jwks",
		"introspected": "Introspected", "revocations": "RevocationPage",
	} {
		raw, err := os.ReadFile(filepath.Join("testdata", "answers", file+".json"))
		require.NoError(t, err)
		var body map[string]any
		require.NoError(t, json.Unmarshal(raw, &body))
		var schema struct {
			Required   []string                   `json:"required"`
			Properties map[string]json.RawMessage `json:"properties"`
		}
		require.Contains(t, doc.Components.Schemas, name)
		require.NoError(t, json.Unmarshal(doc.Components.Schemas[name], &schema))
		for member := range body {
			require.Contains(t, schema.Properties, member, file)
		}
		for _, member := range schema.Required {
			require.Contains(t, body, member, file)
		}
	}
}

// Statuses that were really answered are in the document.
func TestStatusesAreDocumented(t *testing.T) {
	s := start(t, newFakes())
	doc, _ := document(t, s)
	for _, c := range []struct {
		r      *http.Request
		path   string
		status string
	}{
		{ask("POST", "/api/v1/auth/signup", signUpOK), "/api/v1/auth/signup", "201"},
		{ask("POST", "/api/v1/auth/signup", "{}"), "/api/v1/auth/signup", "422"},
		{ask("POST", "/api/v1/auth/signup", "{"), "/api/v1/auth/signup", "400"},
		{ask("POST", "/api/v1/auth/signup", "{}", "Content-Type", ""), "/api/v1/auth/signup", "415"},
		{ask("GET", "/api/v1/auth/me", ""), "/api/v1/auth/me", "401"},
		{asAnn("GET", "/api/v1/sessions?limit=0"), "/api/v1/sessions", "422"},
		{asAnn("GET", "/api/v1/sessions/x"), "/api/v1/sessions/{id}", "404"},
		{asAnn("DELETE", "/api/v1/sessions/"+strings.Repeat("0", 8)+"-0000-0000-0000-000000000001"), "/api/v1/sessions/{id}", "204"},
		{asking("PATCH", "/api/v1/users/me", updateOK), "/api/v1/users/me", "200"},
		{asking("PATCH", "/api/v1/users/me", `{"email":"x"}`), "/api/v1/users/me", "422"},
		{asking("DELETE", "/api/v1/users/me", proofOK), "/api/v1/users/me", "204"},
		{ask("GET", "/api/v1/users/me", "", "Authorization", "Bearer "+goodToken, "If-None-Match", "*"), "/api/v1/users/me", "304"},
		{ask("DELETE", "/api/v1/sessions/03000000-0000-0000-0000-000000000000", "", "Authorization", "Bearer "+goodToken, "If-Match", `"x"`), "/api/v1/sessions/{id}", "412"},
		{asAnn("GET", "/api/v1/users/me/export"), "/api/v1/users/me/export", "200"},
		{asAnn("POST", "/api/v1/auth/logout"), "/api/v1/auth/logout", "204"},
		{introspecting("token=x", "Authorization", goodBasic), introspectPath, "200"},
		{introspecting("token=x"), introspectPath, "401"},
		{introspecting("token=x&token=y"), introspectPath, "400"},
		{introspecting("x=y", "Authorization", goodBasic), introspectPath, "422"},
		{ask("POST", introspectPath, "{}"), introspectPath, "415"},
		{ask("GET", revokedPath, "", "Authorization", goodBasic), revokedPath, "200"},
		{ask("GET", revokedPath, ""), revokedPath, "401"},
		{ask("GET", revokedPath+"?limit=0", "", "Authorization", goodBasic), revokedPath, "422"},
		{ask("GET", "/.well-known/jwks.json", "", "If-None-Match", "*"), "/.well-known/jwks.json", "304"},
	} {
		w := s.do(c.r)
		require.Equal(t, c.status, strconv.Itoa(w.Code), c.path)
		require.Contains(t, doc.Paths[c.path][strings.ToLower(c.r.Method)].Responses, c.status, c.path)
	}
}

func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	s := start(t, newFakes())
	w := s.do(ask("GET", "/docs", ""))
	require.Equal(t, 200, w.Code)
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	page := w.Body.String()
	secure(t, w.Header())
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	require.NotNil(t, style)
	sum := sha256.Sum256([]byte(style[1]))
	require.Equal(t, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'", w.Header().Get("Content-Security-Policy"))
	for _, foreign := range []string{"http://", "https://", "src=", "<script", "style=", "onclick", "@import", "ZgotmplZ"} {
		require.NotContains(t, page, foreign)
	}
	doc, _ := document(t, s)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			require.Contains(t, page, "<h3>"+strings.ToUpper(method)+" "+path+"</h3>")
			require.Contains(t, page, `id="`+op.OperationID+`"`)
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		require.Contains(t, page, `id="`+link[1]+`"`)
	}
}

// An API of somebody else's in the process is not given our errors' requests.
func TestAnotherHumaInTheProcess(t *testing.T) {
	s := start(t, newFakes())
	e := echo.New()
	huma.Get(humaecho.New(e, huma.DefaultConfig("other", "1")), "/other", func(context.Context, *struct {
		N int `query:"n"`
	},
	) (*struct{}, error) {
		return nil, errors.New(secretCause)
	})
	for target, status := range map[string]int{"/other?n=x": 422, "/other": 500} {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		require.Equal(t, status, w.Code)
		require.NotContains(t, w.Body.String(), "hunter2")
	}
	require.Equal(t, 200, s.do(ask("GET", "/health", "")).Code)
}

// huma keeps the making of errors in variables of the process.
func TestServersLiveSideBySide(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 3 {
				s, err := httpapi.New(newFakes().services(), httpapi.Options{Docs: true})
				if err != nil {
					t.Error(err)
					return
				}
				for _, r := range []*http.Request{ask("GET", "/nowhere", ""), asAnn("GET", "/api/v1/sessions?limit=x"), ask("POST", "/api/v1/auth/signin", "{}")} {
					w := httptest.NewRecorder()
					s.ServeHTTP(w, r)
					if !strings.HasPrefix(w.Body.String(), `{"error":{"code":`) {
						t.Error(w.Body.String())
					}
				}
			}
		})
	}
	wg.Wait()
}

// What the document says of the headers of an answer is what the answer has.
func TestTheDocumentTellsTheHeadersThatAreAnswered(t *testing.T) {
	s := start(t, newFakes())
	doc, raw := document(t, s)
	headers := func(path, method, status string) string {
		t.Helper()
		require.Contains(t, doc.Paths[path][method].Responses, status)
		var r struct {
			Headers map[string]json.RawMessage `json:"headers"`
		}
		require.NoError(t, json.Unmarshal(doc.Paths[path][method].Responses[status], &r))
		text, err := json.Marshal(r.Headers)
		require.NoError(t, err)
		return string(text)
	}
	for _, name := range []string{"RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		ref := `"` + name + `":{"$ref":"#/components/headers/` + name + `"}`
		for _, at := range [][3]string{
			{"/api/v1/auth/signup", "post", "201"},
			{"/api/v1/auth/signup", "post", "429"},
			{"/api/v1/auth/refresh", "post", "401"},
			{"/.well-known/jwks.json", "get", "200"},
			{"/.well-known/jwks.json", "get", "304"},
			{introspectPath, "post", "200"},
		} {
			require.Contains(t, headers(at[0], at[1], at[2]), ref, at)
		}
		require.NotContains(t, headers("/health", "get", "200"), ref)
		require.NotContains(t, headers("/api/v1/auth/signup", "post", "421"), ref)
	}
	nonce := `"DPoP-Nonce":{"$ref":"#/components/headers/DPoP-Nonce"}`
	for _, status := range []string{"200", "400", "401", "429", "503"} {
		require.Contains(t, headers("/api/v1/auth/signin", "post", status), nonce, status)
	}
	require.NotContains(t, headers("/.well-known/jwks.json", "get", "200"), nonce)
	require.Contains(t, headers("/api/v1/auth/password/change", "post", "401"), "RFC 9470")
	require.NotContains(t, headers("/api/v1/sessions", "get", "401"), "RFC 9470")
	for _, ref := range regexp.MustCompile(`"#/components/headers/([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
		require.Contains(t, string(raw), `"`+ref[1]+`":{"description"`)
	}
	require.Contains(t, string(raw), "client_id and client_secret", "both ways of a client to say who it is")
}
