package httpapi

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/fault"
)

// Bounds of a body. No request here nests deeper than an object in an object,
// and the longest that can be good has some eight thousand bytes, most of them
// escapes. Anybody may send one, before anything is known of them, so the bound
// is what a few hundred of them at once may cost.
const (
	maxBody  = 64 << 10 // bytes
	maxDepth = 16
	// maxUnknown bounds how many unknown fields are named: an answer is not
	// to be larger than what caused it.
	maxUnknown = 20
)

// checkBody refuses what is not JSON before any of it is read, and bounds what
// may be read, on every route.
func (s *Server) checkBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.ContentLength > maxBody {
			return fault.New(fault.BodyTooLarge)
		}
		// The bare writer, for the reader to have the connection closed.
		r.Body = &boundedBody{http.MaxBytesReader(c.Response().Writer, r.Body, maxBody)}
		if rt := callOf(r.Context()).route; rt != nil && len(rt.serve.reads) > 0 {
			if err := checkMediaType(r.Header, rt.serve.reads...); err != nil {
				return err
			}
		}
		return next(c)
	}
}

// checkMediaType wants one plain type of content, one of these. All that is read here is UTF-8
// (RFC 8259 section 8.1, WHATWG URL section 5), so no other charset can be
// meant.
func checkMediaType(h http.Header, wanted ...string) error {
	refused := fault.BodyOfOtherType.Fault(strings.Join(wanted, " or "))
	for _, coding := range h.Values("Content-Encoding") {
		if coding != "" && !strings.EqualFold(coding, "identity") {
			return refused
		}
	}
	types := h.Values("Content-Type")
	if len(types) != 1 {
		return refused
	}
	kind, params, err := mime.ParseMediaType(types[0])
	if err != nil || !slices.Contains(wanted, kind) {
		return refused
	}
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return refused
	}
	return nil
}

// boundedBody says in the words of faults why a body cannot be read.
type boundedBody struct{ io.ReadCloser }

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return n, fault.New(fault.BodyTooLarge)
	}
	return n, fault.New(fault.MalformedRequest).Because(err)
}

// request is the input of a route that takes a JSON object. The document knows
// the object by B; huma hands over the bytes.
type request[B any] struct {
	RawBody []byte `contentType:"application/json"`
}

// read decodes the body. An error says that it is no object at all; fields say
// what is wrong with its members, all of them at once. What is not wrong is
// decoded, so that its values can be judged in the same breath.
func (r *request[B]) read() (B, []fault.Field, error) {
	var body B
	fields, err := decode(r.RawBody, reflect.ValueOf(&body).Elem())
	return body, fields, err
}

// decode reads exactly one JSON object into a struct, strictly: RFC 8259
// without duplicate names, in valid UTF-8, member names in their exact case. A
// pointer takes null for absence; a member without omitempty is required.
func decode(data []byte, into reflect.Value) ([]fault.Field, error) {
	if err := checkSyntax(data); err != nil {
		return nil, fault.New(fault.MalformedRequest).Because(err)
	}
	dec := jsontext.NewDecoder(bytes.NewReader(data))
	if dec.PeekKind() != '{' {
		return nil, fault.Invalid(fault.BodyNotObject.In("body"))
	}
	members := membersOf(into)
	seen := make(map[string]bool, len(members))
	var wrong []fault.Field
	unknown := 0
	// The syntax is known to be right, so no read fails from here on.
	_, _ = dec.ReadToken()
	for dec.PeekKind() == '"' {
		token, _ := dec.ReadToken()
		name := token.String()
		value, _ := dec.ReadValue()
		seen[name] = true
		m, known := members[name]
		if !known {
			if unknown++; unknown <= maxUnknown {
				wrong = append(wrong, unknownField(name))
			}
			continue
		}
		if f, ok := assign(name, value, m); !ok {
			wrong = append(wrong, f)
		}
	}
	for i := range into.NumField() {
		if name, optional := memberName(into.Type().Field(i)); !optional && !seen[name] {
			wrong = append(wrong, fault.FieldMissing.In("body."+name))
		}
	}
	return wrong, nil
}

// checkSyntax reads every token once: one value, not too deep, and nothing
// behind it.
func checkSyntax(data []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(data))
	for values := 0; ; {
		_, err := dec.ReadToken()
		if errors.Is(err, io.EOF) && values == 1 {
			return nil
		}
		if err != nil {
			return errSyntax
		}
		if dec.StackDepth() > maxDepth {
			return errDepth
		}
		if dec.StackDepth() == 0 {
			values++
		}
	}
}

// The decoder's own words quote the input, so they go nowhere.
var (
	errSyntax = errors.New("the body is not one JSON value")
	errDepth  = errors.New("the body is nested too deeply")
)

// assign decodes one member, and refuses NUL in any text of it: no text here
// has a use for it, and PostgreSQL stores none.
func assign(name string, value jsontext.Value, into reflect.Value) (fault.Field, bool) {
	if hasNUL(value) {
		return fault.FieldHasNUL.In("body." + name), false
	}
	isNull := value.Kind() == 'n'
	if isNull && into.Kind() == reflect.Pointer {
		return fault.Field{}, true
	}
	if n, ok := into.Addr().Interface().(nullable); ok && isNull {
		n.setNull()
		return fault.Field{}, true
	}
	if isNull || json.Unmarshal(value, into.Addr().Interface()) != nil {
		return fault.FieldWrongType.In("body." + name), false
	}
	return fault.Field{}, true
}

func hasNUL(value jsontext.Value) bool {
	dec := jsontext.NewDecoder(bytes.NewReader(value))
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return false
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return true
		}
	}
}

// unknownField names what it does not know only if that looks like a name: what
// stands there may as well be a secret in the wrong place.
func unknownField(name string) fault.Field {
	f := fault.FieldUnknown.In("body")
	if name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool {
		return !isAlphanumeric(r) && r != '_' && r != '-'
	}) {
		f.Name = "body." + name
	}
	return f
}

func membersOf(v reflect.Value) map[string]reflect.Value {
	out := make(map[string]reflect.Value, v.NumField())
	for i := range v.NumField() {
		name, _ := memberName(v.Type().Field(i))
		out[name] = v.Field(i)
	}
	return out
}

// memberName reads a field's json tag: its name, and whether it may be absent.
func memberName(f reflect.StructField) (name string, optional bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name, strings.Contains(options, "omitempty")
}
