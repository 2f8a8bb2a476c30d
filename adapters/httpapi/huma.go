package httpapi

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/fault"
)

// newAPI sets huma up to route, to read parameters and to document, and to add
// nothing of its own: no links to schemas, no pages, no second media type.
func newAPI(e *echo.Echo) huma.API {
	return humaecho.New(e, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
			},
		},
		// The second format is what huma makes of application/problem+json.
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
	})
}

var format = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	// Bodies are read by request.read; huma has none to decode.
	Unmarshal: func([]byte, any) error { return fault.New(fault.Internal) },
}

// schemaName drops the suffix by which wire types are told from nouns.
func schemaName(t reflect.Type, hint string) string {
	name := strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "JSON")
	return string(unicode.ToUpper(rune(name[0]))) + name[1:]
}

// claimHuma makes huma's errors ours, once in a process: huma keeps the
// constructors of errors in package variables. An API of somebody else's in the
// same process gets what it had, but for errors made without a request.
var claimHuma = sync.OnceFunc(func() {
	others := huma.NewErrorWithContext
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError {
		return &errorJSON{status: status, Err: errorInfoJSON{Code: string(fault.Internal), Message: fault.Internal.Message()}}
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		if ctx == nil || callOf(ctx.Context()) == nil {
			return others(ctx, status, message, errs...)
		}
		h := humaecho.Unwrap(ctx).Response().Header()
		return callOf(ctx.Context()).server.refuse(ctx.Context(), h, understand(status, errs))
	}
})

// understand tells what huma means: faults of parameters, which it describes in
// words and with the value; an error of a handler or of reading a body, which
// it passes on; or an empty body.
func understand(status int, errs []error) error {
	var fields []fault.Field
	for _, err := range errs {
		detail, ok := errors.AsType[*huma.ErrorDetail](err)
		if !ok {
			return err
		}
		if strings.HasPrefix(detail.Location, "path.") {
			return fault.New(fault.NotFound)
		}
		fields = append(fields, describe(detail))
	}
	switch {
	case len(fields) > 0:
		return fault.Invalid(fields...)
	case status < 500:
		return fault.New(fault.MalformedRequest)
	}
	return fault.New(fault.Internal)
}

// parameterFaults says in stable words what huma says in its own, by how its
// sentence begins.
var parameterFaults = map[string]fault.Text{
	"cursor":               fault.CursorInvalid,
	"required":             fault.ParameterMissing,
	"invalid integer":      fault.ParameterNotWhole,
	"expected number >= ":  fault.ParameterTooSmall,
	"expected number <= ":  fault.ParameterTooLarge,
	"expected length <= ":  fault.ParameterTooLong,
	"expected value to be": fault.ParameterNotAllowed,
}

func describe(d *huma.ErrorDetail) fault.Field {
	for _, start := range slices.Sorted(maps.Keys(parameterFaults)) {
		if strings.HasPrefix(d.Message, start) {
			return parameterFaults[start].In(d.Location)
		}
	}
	return fault.ParameterInvalid.In(d.Location)
}
