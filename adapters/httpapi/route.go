package httpapi

import (
	"context"
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

// route is one line of the API: a method and a path, what the chain before the
// handler has to know of it, and what the document says.
type route struct {
	method, path string
	id           string // the operation's name in the document
	tag, summary string
	aliases      []alias
	success      int // the status when all goes well; zero is 200
	access       access
	tagged       bool // of one resource, whose ETag it answers or honours
	binds        bool // hands out tokens, bound to the key of a DPoP proof if one comes along
	idempotent   bool // makes something, once for each Idempotency-Key
	admission    admission
	faults       []fault.Code // besides those that every such route has
	serve        endpoint
}

// alias is a second path of a route, or a second method when it names one. It is
// the same route in all respects.
type alias struct{ path, id, method string }

// endpoint is what answers a route.
type endpoint struct {
	reads []string // the media types of the body; none when it takes none
	plain bool     // writes its answer itself
	mount func(s *Server, api huma.API, op huma.Operation)
}

// answer is what a handler gives: a body.
type answer[B any] struct{ Body B }

// none is the answer without a body.
type none = struct{}

// handler answers from parameters alone.
func handler[I, O any](h func(context.Context, *I) (*O, error)) endpoint {
	return endpoint{mount: func(_ *Server, api huma.API, op huma.Operation) { huma.Register(api, op, h) }}
}

// bodyHandler answers from a JSON object B. The object is documented from its
// type; its values are judged by the core, not by a schema.
func bodyHandler[B, O any](h func(context.Context, *request[B]) (*O, error)) endpoint {
	return reading[B](h, "application/json")
}

// patchHandler answers from a JSON object that is a merge patch, under either
// name of that.
func patchHandler[B, O any](h func(context.Context, *request[B]) (*O, error)) endpoint {
	return reading[B](h, "application/json", mergePatch)
}

// reading answers from a JSON object B of one of the types, among other inputs.
func reading[B, I, O any](h func(context.Context, *I) (*O, error), types ...string) endpoint {
	return endpoint{reads: types, mount: func(_ *Server, api huma.API, op huma.Operation) {
		op.SkipValidateBody = true
		op.RequestBody = &huma.RequestBody{}
		huma.Register(api, op, h)
		schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[B](), true, op.OperationID)
		op.RequestBody.Content = map[string]*huma.MediaType{}
		for _, t := range types {
			op.RequestBody.Content[t] = &huma.MediaType{Schema: schema}
		}
	}}
}

// plain answers by itself, with content of the given types. What it reads is
// described by hand.
func plain(h echo.HandlerFunc, content map[string]*huma.MediaType, describe ...func(*huma.Operation)) endpoint {
	return endpoint{plain: true, mount: func(s *Server, api huma.API, op huma.Operation) {
		op.Responses[strconv.Itoa(op.DefaultStatus)].Content = content
		for _, d := range describe {
			d(&op)
		}
		api.OpenAPI().AddOperation(&op)
		s.echo.Add(op.Method, routerPath(op.Path), h)
	}}
}

// routerPath writes a path of the document as the router wants it.
func routerPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// operations gives the route under its own path and each of its aliases.
func (r route) operations() []huma.Operation {
	ops := make([]huma.Operation, 0, 1+len(r.aliases))
	ops = append(ops, r.operation(r.method, r.path, r.id, ""))
	for _, a := range r.aliases {
		method, description := r.method, "Another path of `"+r.path+"`."
		if a.method != "" {
			method, description = a.method, "The same as "+r.method+"."
		}
		ops = append(ops, r.operation(method, a.path, a.id, description))
	}
	return ops
}

func (r route) operation(method, path, id, description string) huma.Operation {
	op := huma.Operation{
		Method: method, Path: path, OperationID: id,
		Tags: []string{r.tag}, Summary: r.summary, Description: description,
		DefaultStatus: r.successStatus(),
		Responses:     r.refusals(),
	}
	op.Responses[strconv.Itoa(op.DefaultStatus)] = &huma.Response{Description: http.StatusText(op.DefaultStatus)}
	switch {
	case r.access.wantsToken():
		op.Security = []map[string][]string{{"bearer": {}}, {"dpop": {}}}
		if r.access == mayBeSignedIn {
			op.Security = append(op.Security, map[string][]string{})
		}
	case r.access == apiClient:
		op.Security = []map[string][]string{{"client": {}}}
	}
	if r.takesProof() {
		op.Parameters = []*huma.Param{r.proofField()}
	}
	r.describeAnswers(op.Responses)
	if r.tagged {
		r.describeTags(&op)
	}
	if r.idempotent {
		success := op.Responses[strconv.Itoa(op.DefaultStatus)]
		op.Parameters = append(op.Parameters, idempotencyField())
		success.Headers = merged(success.Headers, map[string]*huma.Header{replayedField: replayedHeader()})
	}
	return op
}

func (r route) successStatus() int {
	if r.success == 0 {
		return http.StatusOK
	}
	return r.success
}

// allFaults is every code that the route answers.
func (r route) allFaults() []fault.Code {
	codes := append([]fault.Code{fault.Internal, fault.Timeout, fault.BodyTooLarge}, r.faults...)
	if r.admission != uncounted {
		codes = append(codes, fault.RateLimited, fault.Unavailable)
	}
	if r.access == administrator {
		codes = append(codes, fault.InsufficientPermissions)
	}
	switch {
	case r.access.wantsToken():
		codes = append(codes, fault.NotAuthenticated, fault.InvalidToken)
	case r.access == apiClient:
		codes = append(codes, fault.InvalidClient, fault.InsufficientScope)
	}
	if r.takesProof() {
		codes = append(codes, fault.InvalidProof, fault.ProofNonceNeeded, fault.Unavailable)
	}
	if r.tagged && r.method != http.MethodGet {
		codes = append(codes, fault.PreconditionFailed)
	}
	if r.idempotent {
		codes = append(codes, fault.IdempotencyKeyReused, fault.RequestInProgress, fault.Unavailable)
	}
	if len(r.serve.reads) > 0 {
		codes = append(codes, fault.MalformedRequest, fault.UnsupportedMediaType, fault.ValidationError)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// refusals documents the faults by status.
func (r route) refusals() map[string]*huma.Response {
	out := map[string]*huma.Response{
		strconv.Itoa(http.StatusMisdirectedRequest): {
			Description: "`" + string(fault.MalformedRequest) + "`: The request names a host that is not served here.",
			Content:     refusalContent(),
		},
	}
	for _, code := range r.allFaults() {
		status := strconv.Itoa(r.statusOf(code))
		line := "`" + string(code) + "`: " + code.Message()
		if known := out[status]; known != nil {
			known.Description += "\n" + line
			known.Headers = merged(known.Headers, r.refusalHeaders(code))
			continue
		}
		out[status] = &huma.Response{Description: line, Headers: r.refusalHeaders(code), Content: refusalContent()}
	}
	return out
}

func refusalContent() map[string]*huma.MediaType {
	return map[string]*huma.MediaType{
		"application/json":         {Schema: &huma.Schema{Ref: "#/components/schemas/Error"}},
		"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}},
	}
}

func (r route) refusalHeaders(code fault.Code) map[string]*huma.Header {
	challenge := &huma.Header{
		Description: "The Bearer or the DPoP challenge (RFC 6750 section 3, RFC 9449 section 7.1).", Schema: &huma.Schema{Type: "string"},
	}
	if slices.Contains(r.faults, fault.ReauthenticationRequired) {
		challenge.Description += " With `reauthentication_required` its error is `insufficient_user_authentication`, and its `max_age` says how " +
			"many seconds ago the user may have authenticated at most (RFC 9470 section 3)."
	}
	switch {
	case code.Kind() == fault.KindLimited || statusOf(code) == http.StatusServiceUnavailable:
		return map[string]*huma.Header{"Retry-After": {
			Description: "When to try again, in whole seconds.", Schema: &huma.Schema{Type: "integer"},
		}}
	case code == fault.RequestInProgress:
		return map[string]*huma.Header{"Retry-After": {
			Description: "With `request_in_progress`: when to try again, in whole seconds.", Schema: &huma.Schema{Type: "integer"},
		}, replayedField: replayedHeader()}
	case code == fault.InvalidClient:
		return map[string]*huma.Header{"WWW-Authenticate": {
			Description: "The Basic challenge (RFC 7617).", Schema: &huma.Schema{Type: "string"},
		}}
	case code == fault.NotAuthenticated || code == fault.InvalidToken || code == fault.ReauthenticationRequired:
		return map[string]*huma.Header{"WWW-Authenticate": challenge}
	case code.Kind() == fault.KindUnproven:
		return map[string]*huma.Header{"WWW-Authenticate": challenge}
	}
	return nil
}

func merged(a, b map[string]*huma.Header) map[string]*huma.Header {
	if a == nil {
		return b
	}
	maps.Copy(a, b)
	return a
}
