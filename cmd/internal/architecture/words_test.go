package architecture_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatFaultsSayStandsInOnePlace(t *testing.T) {
	file := func(body string) string {
		return "package httpapi\nimport \"" + module + "/core/fault\"\n" + body
	}
	for name, body := range map[string]string{
		"a field of its own":         `var f = fault.Field{Name: "email", Type: "missing", Message: message}`,
		"one with its sentence":      `var f = fault.Field{Name: "email", Message: "An address is needed."}`,
		"one by place":               `var f = fault.Field{"email", "missing", message}`,
		"one by address":             `var f = &fault.Error{Code: fault.Conflict, Message: message}`,
		"one in a list":              `var f = []fault.Field{{Name: "email", Message: message}}`,
		"one in a list of addresses": `var f = []*fault.Error{{Message: message}}`,
		"one in a map":               `var f = map[string]fault.Field{"a": {Message: message}}`,
		"a message put in later":     `func g(f *fault.Error) { f.Message = message }`,
		"a part of one":              `func g(f *fault.Error) { f.Message += more() }`,
		"an answer's own sentence":   `var a = answer{Code: "x", Message: "Something is " + wrong()}`,
	} {
		breaches := check(t, map[string]string{"adapters/httpapi/a.go": file(body)})
		require.Len(t, breaches, 1, name)
		require.Contains(t, breaches[0], "adapters/httpapi/a.go:3: ", name)
		require.Contains(t, breaches[0], "what a fault says stands in core/fault", name)
	}
	for name, body := range map[string]string{
		"a field as it was made":   `var f = []fault.Field{fault.EmailMissing.In("email"), {}, fault.Field{Name: "moved"}}`,
		"what a fault says":        `var a = answer{Code: string(f.Code), Message: f.Message}`,
		"a word for programs":      `var a = detail{Message: "cursor"}`,
		"somebody else's field":    `var f = sql.Field{Message: message}`,
		"a fault that is no fault": `func g() { fault := other; var f = fault.Field{Message: message}; _ = f }`,
	} {
		require.Empty(t, check(t, map[string]string{"adapters/httpapi/a.go": file(body)}), name)
	}
	require.Len(t, check(t, map[string]string{
		"adapters/httpapi/a.go": "package httpapi\nimport said \"" + module + "/core/fault\"\nvar f = said.Field{Message: message}",
	}), 1, "by another name")
	require.Len(t, check(t, map[string]string{
		"adapters/httpapi/a.go": "package httpapi\nimport . \"" + module + "/core/fault\"\nvar f = Field{Message: message}",
	}), 1, "by no name")
	require.Empty(t, check(t, map[string]string{
		"adapters/httpapi/a_test.go": file(`var f = fault.Field{Name: "email", Message: "An address is needed."}`),
		"adapters/httpapi/b.go":      "package httpapi\nfunc g(f T) { f.Message = \"This is not about faults.\" }",
		"core/fault/text.go":         "package fault\nvar f = Field{Message: \"An address is needed.\"}",
	}), "tests, other matters, and the place itself")
}
