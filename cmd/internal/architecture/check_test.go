package architecture_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/cmd/internal/architecture"
)

const module = "example.org/house"

// source writes a Go file that imports the given paths; "~" stands for the
// module.
func source(name string, imports ...string) string {
	var b strings.Builder
	b.WriteString("package " + name + "\n")
	for _, i := range imports {
		b.WriteString("import _ \"" + strings.Replace(i, "~", module, 1) + "\"\n")
	}
	return b.String()
}

// standard is a small standard library.
func standard(path string) ([]string, error) {
	imports, ok := map[string][]string{
		"context": nil, "errors": nil, "time": nil, "net/netip": {"errors"},
		"net/mail": {"errors", "mime"}, "mime": {"net"}, "crypto/x509": {"net/mail"},
		"loop/a": {"loop/b"}, "loop/b": {"loop/a"},
	}[path]
	if !ok {
		return nil, errors.New("no package " + path)
	}
	return imports, nil
}

func check(t *testing.T, files map[string]string) []string {
	t.Helper()
	tree := fstest.MapFS{"go.mod": {Data: []byte("module " + module)}}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	report, err := architecture.Check(module, tree, standard)
	require.NoError(t, err)
	var breaches []string
	for _, b := range report.Breaches {
		breaches = append(breaches, b.String())
	}
	return breaches
}

func TestAHouseInOrderHasNoBreach(t *testing.T) {
	files := map[string]string{
		"core/doc.go":                            source("core"),
		"core/user/user.go":                      source("user", "time", "errors", "net/netip", "loop/a", "~/core/id"),
		"core/user/user_test.go":                 source("user_test", "os", "crypto/rand", "~/adapters/memory", "~/ports/porttest", "github.com/stretchr/testify/require", "pgregory.net/rapid"),
		"ports/doc.go":                           source("ports"),
		"ports/inbound/login.go":                 source("inbound", "context", "~/core/user"),
		"ports/outbound/store.go":                source("outbound", "context", "~/core/user"),
		"ports/porttest/store.go":                source("porttest", "os", "~/core/user", "~/ports/inbound", "~/ports/outbound", "github.com/stretchr/testify/require"),
		"core/app/app.go":                        source("app", "~/core/app/login", "~/ports/inbound", "~/ports/outbound"),
		"core/app/login/login.go":                source("login", "~/core/user", "~/ports/inbound", "~/ports/outbound", "~/core/app/issuing", "~/core/app/guard", "~/core/app/login/steps"),
		"adapters/doc.go":                        source("adapters"),
		"adapters/httpapi/server.go":             source("httpapi", "net/http", "log/slog", "~/core/user", "~/ports/inbound", "~/adapters/internal/edge", "~/adapters/httpapi/wire", "github.com/labstack/echo/v4", "github.com/danielgtaylor/huma/v2/adapters/humaecho"),
		"adapters/httpapi/clients/go/verify.go":  source("plinto", "net/http", "crypto/rsa", "log/slog"),
		"adapters/httpapi/clients/go/a_test.go":  source("plinto_test", "~/adapters/httpapi/clients/go", "github.com/stretchr/testify/require"),
		"adapters/internal/edge/problem.go":      source("edge", "net/http", "~/core/fault"),
		"adapters/internal/transaction/retry.go": source("transaction", "~/core/user", "~/ports/outbound", "~/sql"),
		"adapters/postgres/store.go":             source("postgres", "~/core/user", "~/ports/outbound", "~/sql", "~/adapters/postgres/internal/db", "~/adapters/internal/transaction", "github.com/jackc/pgx/v5/pgxpool", "github.com/pressly/goose/v3"),
		"adapters/postgres/internal/db/db.go":    source("db", "github.com/jackc/pgx/v5", "github.com/google/uuid"),
		"adapters/sqlite/store.go":               source("sqlite", "database/sql", "modernc.org/sqlite"),
		"adapters/telemetry/inbound.go":          source("telemetry", "~/ports/inbound", "~/ports/outbound", "github.com/prometheus/client_golang/prometheus"),
		"sql/embed.go":                           source("schema", "embed"),
		"config/load.go":                         source("config", "os", "github.com/spf13/viper"),
		"cmd/plinto/compose.go":                  source("main", "os", "~/config", "~/core/app", "~/adapters/postgres", "~/adapters/httpapi"),
		"cmd/tools/go.mod":                       "module tools",
		"cmd/tools/tools.go":                     source("tools", "example.org/anything"),
		"core/user/testdata/planted.go":          source("planted", "os"),
		"core/user/_draft/draft.go":              source("draft", "os"),
		"core/user/.hidden.go":                   "not Go",
		"config/deploy/README.md":                "not Go",
		".github/x/x.go":                         source("x"),
	}
	require.Empty(t, check(t, files))
}

func TestEveryPlantedBreachIsFound(t *testing.T) {
	planted := map[string]struct{ file, text, want string }{
		// Nouns.
		"noun imports a port":             {"core/user/a.go", source("user", "~/ports/outbound"), "core/user/a.go:2: no noun imports ports/outbound"},
		"noun imports a use case":         {"core/user/a.go", source("user", "~/core/app/login"), " imports core/app/login"},
		"noun imports the application":    {"core/user/a.go", source("user", "~/core/app"), " imports core/app"},
		"noun imports an adapter":         {"core/user/a.go", source("user", "~/adapters/memory"), " imports adapters/memory"},
		"noun imports config":             {"core/user/a.go", source("user", "~/config"), " imports config"},
		"noun imports a library":          {"core/user/a.go", source("user", "github.com/google/uuid"), "github.com/google/uuid is at home in"},
		"noun imports database/sql":       {"core/user/a.go", source("user", "database/sql/driver"), "no noun imports database/sql/driver"},
		"noun imports net":                {"core/user/a.go", source("user", "net"), "no noun imports net"},
		"noun imports net/http":           {"core/user/a.go", source("user", "net/http"), "no noun imports net/http"},
		"noun imports os":                 {"core/user/a.go", source("user", "os"), "no noun imports os"},
		"noun imports os/exec":            {"core/user/a.go", source("user", "os/exec"), "no noun imports os/exec"},
		"noun imports log":                {"core/user/a.go", source("user", "log"), "no noun imports log"},
		"noun imports log/slog":           {"core/user/a.go", source("user", "log/slog"), "no noun imports log/slog"},
		"noun imports math/rand/v2":       {"core/user/a.go", source("user", "math/rand/v2"), "no noun imports math/rand/v2"},
		"noun imports crypto/rand":        {"core/user/a.go", source("user", "crypto/rand"), "no noun imports crypto/rand"},
		"noun reaches net":                {"core/user/a.go", source("user", "net/mail"), "no noun reaches net/mail -> mime -> net"},
		"noun reaches net, further":       {"core/user/a.go", source("user", "crypto/x509"), "crypto/x509 -> net/mail -> mime -> net"},
		"noun asks the time":              {"core/user/a.go", "package user\nimport \"time\"\nvar now = time.Now()", "core/user/a.go:3: no noun takes the time from time.Now;"},
		"noun hands on the clock":         {"core/user/a.go", "package user\nimport \"time\"\nvar now = time.Now", "time.Now"},
		"noun asks the time, renamed":     {"core/user/a.go", "package user\nimport clock \"time\"\nfunc f(t clock.Time) { clock.Since(t) }", "time.Since"},
		"noun asks the time, unqualified": {"core/user/a.go", "package user\nimport . \"time\"\nvar now = Now()", `import . "time"`},
		"use case asks the time":          {"core/app/login/a.go", "package login\nimport \"time\"\nfunc f(t time.Time) { time.Until(t) }", "no use case takes the time from time.Until"},
		// Ports.
		"inbound imports outbound":        {"ports/inbound/a.go", source("inbound", "~/ports/outbound"), "no inbound port imports ports/outbound"},
		"outbound imports inbound":        {"ports/outbound/a.go", source("outbound", "~/ports/inbound"), " imports ports/inbound"},
		"a port imports a use case":       {"ports/inbound/a.go", source("inbound", "~/core/app/login"), " imports core/app/login"},
		"a port imports net/http":         {"ports/outbound/a.go", source("outbound", "net/http"), " imports net/http"},
		"a port imports a library":        {"ports/outbound/a.go", source("outbound", "github.com/jackc/pgx/v5"), "at home in adapters/postgres, cmd only"},
		"a third kind of port":            {"ports/sideways/a.go", source("sideways"), "package ports/sideways belongs to no layer"},
		"the signpost imports":            {"ports/doc.go", source("ports", "~/core/user"), " imports core/user"},
		"the contract imports the core":   {"ports/porttest/a.go", source("porttest", "~/core/app/login"), " imports core/app/login"},
		"the contract imports an adapter": {"ports/porttest/a.go", source("porttest", "~/adapters/memory"), " imports adapters/memory"},
		// Use cases.
		"use case imports another":       {"core/app/login/a.go", source("login", "~/core/app/refresh"), " imports core/app/refresh"},
		"use case imports the whole":     {"core/app/login/a.go", source("login", "~/core/app"), " imports core/app"},
		"use case imports an adapter":    {"core/app/login/a.go", source("login", "~/adapters/postgres"), " imports adapters/postgres"},
		"use case imports database/sql":  {"core/app/login/a.go", source("login", "database/sql"), " imports database/sql"},
		"the application logs":           {"core/app/a.go", source("app", "log/slog"), " imports log/slog"},
		"the application knows a driver": {"core/app/a.go", source("app", "~/adapters/sqlite"), " imports adapters/sqlite"},
		// Packages for consumers.
		"a consumer imports its adapter":  {"adapters/httpapi/clients/go/a.go", source("plinto", "~/adapters/httpapi"), "no package for consumers imports adapters/httpapi"},
		"a consumer imports a noun":       {"adapters/httpapi/clients/go/a.go", source("plinto", "~/core/token"), " imports core/token"},
		"a consumer imports another":      {"adapters/httpapi/clients/go/a.go", source("plinto", "~/adapters/httpapi/clients/wire"), " imports adapters/httpapi/clients/wire"},
		"a consumer imports a library":    {"adapters/httpapi/clients/go/a.go", source("plinto", "github.com/labstack/echo/v4"), "no package for consumers imports github.com/labstack/echo/v4"},
		"a consumer tests in its program": {"adapters/httpapi/clients/go/a.go", source("plinto", "github.com/stretchr/testify/require"), " imports github.com/stretchr/testify/require"},
		"an adapter imports what is lent": {"adapters/httpapi/a.go", source("httpapi", "~/adapters/httpapi/clients/go"), "no driving adapter imports adapters/httpapi/clients/go"},
		"a use case imports what is lent": {"core/app/login/a.go", source("login", "~/adapters/httpapi/clients/go"), " imports adapters/httpapi/clients/go"},
		// Adapters.
		"driving imports outbound":               {"adapters/httpapi/a.go", source("httpapi", "~/ports/outbound"), "no driving adapter imports ports/outbound"},
		"driving imports a use case":             {"adapters/httpapi/a.go", source("httpapi", "~/core/app/login"), " imports core/app/login"},
		"driving imports another":                {"adapters/httpapi/a.go", source("httpapi", "~/adapters/web"), " imports adapters/web"},
		"driving imports a driven one":           {"adapters/httpapi/a.go", source("httpapi", "~/adapters/postgres"), " imports adapters/postgres"},
		"driving imports sql":                    {"adapters/httpapi/a.go", source("httpapi", "~/sql"), " imports sql"},
		"driving speaks to a database":           {"adapters/httpapi/a.go", source("httpapi", "database/sql"), "database/sql is at home in"},
		"driven imports inbound":                 {"adapters/postgres/a.go", source("postgres", "~/ports/inbound"), "no driven adapter imports ports/inbound"},
		"driven imports a use case":              {"adapters/postgres/a.go", source("postgres", "~/core/app/login"), " imports core/app/login"},
		"driven imports another":                 {"adapters/redis/a.go", source("redis", "~/adapters/memory"), " imports adapters/memory"},
		"driven imports a part of another":       {"adapters/sqlite/a.go", source("sqlite", "~/adapters/postgres/internal/db"), " imports adapters/postgres/internal/db"},
		"driven imports the HTTP edge":           {"adapters/smtp/a.go", source("smtp", "~/adapters/internal/edge"), " imports adapters/internal/edge"},
		"driven imports config":                  {"adapters/smtp/a.go", source("smtp", "~/config"), " imports config"},
		"driven imports a command":               {"adapters/smtp/a.go", source("smtp", "~/cmd/internal/servers"), " imports cmd/internal/servers"},
		"telemetry imports another":              {"adapters/telemetry/a.go", source("telemetry", "~/adapters/httpapi"), " imports adapters/httpapi"},
		"driving imports what driven ones share": {"adapters/httpapi/a.go", source("httpapi", "~/adapters/internal/transaction"), " imports adapters/internal/transaction"},
		"a shared part imports inbound":          {"adapters/internal/transaction/a.go", source("transaction", "~/ports/inbound"), " imports ports/inbound"},
		"a shared part imports an adapter":       {"adapters/internal/transaction/a.go", source("transaction", "~/adapters/sqlite"), " imports adapters/sqlite"},
		"the edge imports a port":                {"adapters/internal/edge/a.go", source("edge", "~/ports/outbound"), " imports ports/outbound"},
		// The rest.
		"config imports a noun":        {"config/a.go", source("config", "~/core/user"), "no config imports core/user"},
		"sql imports a noun":           {"sql/a.go", source("schema", "~/core/user"), " imports core/user"},
		"a stranger at the top":        {"pkg/a.go", source("pkg"), "package pkg belongs to no layer"},
		"a file at the top":            {"a.go", source("plinto"), "package . belongs to no layer"},
		"a test of a stranger":         {"e2e/a_test.go", source("e2e_test"), "package e2e belongs to no layer"},
		"a vague name":                 {"core/common/a.go", source("common"), "a package named common does not say what it owns"},
		"a vague name, in a test":      {"core/user/a_test.go", source("util_test"), "named util"},
		"a command with the contract":  {"cmd/plinto/a.go", source("main", "~/ports/porttest"), "is for tests"},
		"an adapter with the contract": {"adapters/memory/a.go", source("memory", "~/ports/porttest"), "is for tests"},
		"testify in the program":       {"cmd/plinto/a.go", source("main", "github.com/stretchr/testify/require"), "is for tests"},
		"rapid in the program":         {"adapters/memory/a.go", source("memory", "pgregory.net/rapid"), "is for tests"},
		// Libraries at home.
		"viper in a command":       {"cmd/plinto/a.go", source("main", "github.com/spf13/viper"), "github.com/spf13/viper is at home in config only"},
		"viper in a test":          {"cmd/plinto/a_test.go", source("main_test", "github.com/spf13/viper"), "at home in config only"},
		"echo in a command":        {"cmd/plinto/a.go", source("main", "github.com/labstack/echo/v4/middleware"), "at home in adapters/httpapi only"},
		"huma in another adapter":  {"adapters/scim/a.go", source("scim", "github.com/danielgtaylor/huma/v2"), "at home in adapters/httpapi only"},
		"pgx in another adapter":   {"adapters/sqlite/a.go", source("sqlite", "github.com/jackc/pgx/v5"), "at home in adapters/postgres, cmd only"},
		"rueidis in the program":   {"cmd/plinto/a.go", source("main", "github.com/redis/rueidis"), "at home in adapters/redis, cmd/internal only"},
		"jwx in another adapter":   {"adapters/httpapi/a.go", source("httpapi", "github.com/lestrrat-go/jwx/v2/jwt"), "at home in adapters/jwks only"},
		"an unknown library":       {"adapters/memory/a.go", source("memory", "example.org/new"), "example.org/new has no home"},
		"an unknown test library":  {"core/user/a_test.go", source("user_test", "example.org/new"), "example.org/new has no home"},
		"a likeness of the module": {"core/user/a.go", source("user", module+"2/core"), "has no home"},
		"cgo":                      {"adapters/memory/a.go", source("memory", "C"), "C has no home"},
	}
	for name, c := range planted {
		t.Run(name, func(t *testing.T) {
			breaches := check(t, map[string]string{c.file: c.text})
			require.Len(t, breaches, 1)
			require.Contains(t, breaches[0], c.want)
		})
	}
}

func TestATimeThatIsNotThePackage(t *testing.T) {
	require.Empty(t, check(t, map[string]string{
		"core/user/a.go": "package user\nimport \"time\"\ntype T struct{ Now func() time.Time }\nfunc f(time T) { time.Now() }",
		"core/user/b.go": "package user\nfunc g(t T) { t.Now() }",
	}))
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	_, err := architecture.Check(module, fstest.MapFS{"core/user/a.go": {Data: []byte("not Go")}}, standard)
	require.ErrorContains(t, err, "core/user/a.go")

	_, err = architecture.Check(module, fstest.MapFS{"core/user/a.go": {Data: []byte(source("user", "strings"))}}, standard)
	require.ErrorContains(t, err, "core/user/a.go: no package strings")
}

func TestStandardLibraryOfThisMachine(t *testing.T) {
	imports, err := architecture.Standard("net/mail")
	require.NoError(t, err)
	require.Contains(t, imports, "net")
	imports, err = architecture.Standard("unsafe")
	require.NoError(t, err)
	require.Empty(t, imports)
	_, err = architecture.Standard("no/such")
	require.Error(t, err)

	check := func(paths ...string) []architecture.Breach {
		report, err := architecture.Check(module, fstest.MapFS{"core/user/a.go": {Data: []byte(source("user", paths...))}}, architecture.Standard)
		require.NoError(t, err)
		return report.Breaches
	}
	require.Empty(t, check("context", "crypto/hmac", "crypto/sha256", "crypto/subtle", "encoding/base64", "encoding/json", "errors",
		"fmt", "net/netip", "net/url", "regexp", "strings", "time", "unicode/utf8"), "what nouns need")
	require.Len(t, check("net/mail", "net/smtp", "crypto/tls", "crypto/x509", "expvar"), 5)
}
