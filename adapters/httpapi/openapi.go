package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/fault"
)

// document is the OpenAPI description of the routes, and the page made of it.
// Both are made once.
type document struct {
	api    huma.API
	json   []byte
	page   []byte
	policy string // of the page
}

const contractVersion = "1.0.0"

// mount registers every route and writes the document of them.
func (s *Server) mount() error {
	s.document.api = newAPI(s.echo)
	doc := s.document.api.OpenAPI()
	doc.Info = &huma.Info{
		Title: "Plinto", Version: contractVersion,
		Description: "Accounts from sign-up to deletion, sessions and tokens. Every error has one shape, as JSON or, when asked for, as an RFC 9457 problem.",
	}
	doc.Components.Headers = sharedHeaders()
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token that is bound to no key."},
		"dpop":   {Type: "http", Scheme: "dpop", Description: "An access token that is bound to a key, with a proof of it in the DPoP field (RFC 9449 section 7.1)."},
		"client": {Type: "http", Scheme: "basic", Description: "The id and the secret of an API client, each form-encoded (RFC 6749 section 2.3.1). Where a form is sent, they may stand in it instead, as client_id and client_secret."},
	}
	for _, t := range []reflect.Type{reflect.TypeFor[errorJSON](), reflect.TypeFor[problemJSON]()} {
		doc.Components.Schemas.Schema(t, true, "")
	}
	routes := s.table()
	for _, r := range routes {
		if err := s.mountRoute(r); err != nil {
			return err
		}
	}
	s.refine(doc)
	if !s.opts.Docs {
		return nil
	}
	return s.document.render(routes, doc)
}

func (s *Server) mountRoute(r route) error {
	for _, op := range r.operations() {
		key := op.Method + " " + routerPath(op.Path)
		if s.routes[key] != nil {
			return fmt.Errorf("two routes serve %s", key)
		}
		// The pattern in logs and metrics is the path that was asked for.
		own := r
		own.path = op.Path
		s.routes[key] = &own
		r.serve.mount(s, s.document.api, op)
	}
	return nil
}

// refine says in the document what types cannot.
func (s *Server) refine(doc *huma.OpenAPI) {
	requests := map[string]bool{}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil && op.RequestBody != nil {
				requests[schemaOf(op.RequestBody.Content)] = true
			}
		}
	}
	schemas := doc.Components.Schemas.Map()
	least := s.opts.PasswordMinLength
	schemas["SignUp"].Properties["password"].MinLength = &least
	schemas["PasswordChange"].Properties["new_password"].MinLength = &least
	schemas["SignIn"].OneOf = []*huma.Schema{{Required: []string{"email"}}, {Required: []string{"username"}}}
	// Requests are closed; answers may grow.
	for name, schema := range schemas {
		if schema.AdditionalProperties == false && !requests[name] {
			schema.AdditionalProperties = nil
		}
	}
	for _, name := range []string{"ErrorInfo", "Problem"} {
		schemas[name].Properties["code"].Enum = everyCode()
	}
	for _, probe := range []string{"/health", "/ready"} {
		delete(doc.Paths[probe].Get.Responses, strconv.Itoa(http.StatusMisdirectedRequest))
	}
	ready := doc.Paths["/ready"].Get.Responses
	ready["503"].Description = "The service is unavailable, or the request took too long.\n" + ready["503"].Description
	ready["503"].Content["application/json"] = &huma.MediaType{Schema: &huma.Schema{OneOf: []*huma.Schema{
		{Ref: "#/components/schemas/Ready"}, {Ref: "#/components/schemas/Error"},
	}}}
	jwks := doc.Paths["/.well-known/jwks.json"].Get.Responses
	jwks["304"] = &huma.Response{Description: "Nothing has changed since the ETag in If-None-Match.", Headers: maps.Clone(jwks["200"].Headers)}
	jwks["200"].Headers = merged(jwks["200"].Headers, map[string]*huma.Header{
		"Cache-Control": {Schema: &huma.Schema{Type: "string"}}, "ETag": {Schema: &huma.Schema{Type: "string"}},
	})
}

func everyCode() []any {
	codes := fault.Codes()
	slices.Sort(codes)
	all := make([]any, 0, len(codes))
	for _, code := range codes {
		all = append(all, string(code))
	}
	return all
}

//go:embed docs.html
var pageSource string

//go:embed docs.css
var pageStyle string

// render makes the JSON and the page. The page has no script, and its one style
// sheet is named by its hash.
func (d *document) render(routes []route, doc *huma.OpenAPI) error {
	var err error
	if d.json, err = json.Marshal(doc); err != nil {
		return fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	t, err := template.New("docs").Funcs(template.FuncMap{
		"statuses": func(op *huma.Operation) []string { return slices.Sorted(maps.Keys(op.Responses)) },
		"secured":  func(op *huma.Operation) bool { return len(op.Security) > 0 },
		"requestOf": func(op *huma.Operation) string {
			if op.RequestBody == nil {
				return ""
			}
			return schemaOf(op.RequestBody.Content)
		},
		"answerOf": func(op *huma.Operation) string {
			return schemaOf(op.Responses[strconv.Itoa(op.DefaultStatus)].Content)
		},
		"typeOf":   typeOf,
		"required": func(s *huma.Schema, name string) bool { return slices.Contains(s.Required, name) },
	}).Parse(pageSource)
	if err != nil {
		return fmt.Errorf("reading the template of the documentation: %w", err)
	}
	var operations []*huma.Operation
	for _, r := range routes {
		for _, op := range r.operations() {
			operations = append(operations, operationAt(doc, op.Method, op.Path))
		}
	}
	var page bytes.Buffer
	if err := t.Execute(&page, map[string]any{
		"Info": doc.Info, "Operations": operations, "Schemas": doc.Components.Schemas.Map(), "Style": template.CSS(pageStyle), //nolint:gosec // a constant of this package
	}); err != nil {
		return fmt.Errorf("writing the documentation: %w", err)
	}
	sum := sha256.Sum256([]byte(pageStyle))
	d.page = page.Bytes()
	d.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	return nil
}

func operationAt(doc *huma.OpenAPI, method, path string) *huma.Operation {
	item := doc.Paths[path]
	switch method {
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	}
	return item.Get
}

// schemaOf names the schema of a content, if it has one by name.
func schemaOf(content map[string]*huma.MediaType) string {
	for _, media := range content {
		if media.Schema != nil && media.Schema.Ref != "" {
			return typeOf(media.Schema)
		}
	}
	return ""
}

// typeOf says in a word what a schema takes.
func typeOf(s *huma.Schema) string {
	switch {
	case s.Ref != "":
		return s.Ref[len("#/components/schemas/"):]
	case s.Type == huma.TypeArray:
		return "list of " + typeOf(s.Items)
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	}
	return s.Type
}

func textContent(kind string) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: huma.TypeString}}}
}

// The document is public and changes with the program only.
const documentCache = "public, max-age=300"

func (d *document) serveJSON(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", documentCache)
	return c.Blob(http.StatusOK, "application/openapi+json", d.json)
}

func (d *document) servePage(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", documentCache)
	c.Response().Header().Set("Content-Security-Policy", d.policy)
	return c.Blob(http.StatusOK, "text/html; charset=utf-8", d.page)
}

// Routes lists what is served, as "GET /path/{parameter}", sorted. HEAD and
// OPTIONS go without saying.
func (s *Server) Routes() []string {
	var out []string
	for _, r := range s.echo.Routes() {
		segments := strings.Split(r.Path, "/")
		for i, segment := range segments {
			if name, isParameter := strings.CutPrefix(segment, ":"); isParameter {
				segments[i] = "{" + name + "}"
			}
		}
		out = append(out, r.Method+" "+strings.Join(segments, "/"))
	}
	slices.Sort(out)
	return out
}
