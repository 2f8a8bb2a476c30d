package architecture

import "strings"

// library is a dependency and the directories where it is at home.
type library struct {
	path  string
	homes []string
}

// libraries lists every dependency that code of ours may import, and where.
// One that is not listed may be imported nowhere.
var libraries = []library{
	{"github.com/danielgtaylor/huma/v2", []string{"adapters/httpapi"}},
	{"github.com/go-json-experiment/json", []string{"adapters/httpapi", "adapters/userfile"}},
	{"github.com/go-viper/mapstructure/v2", []string{"config"}},
	{"github.com/google/uuid", []string{"adapters/postgres", "adapters/sqlite", "adapters/system", "cmd", "ports/porttest"}},
	{"github.com/jackc/pgx/v5", []string{"adapters/postgres", "cmd"}},
	{"github.com/labstack/echo/v4", []string{"adapters/httpapi"}},
	{"github.com/lestrrat-go/jwx/v2", []string{"adapters/jwks"}},
	{"github.com/miekg/pkcs11", []string{"adapters/kms"}}, // for what its errors mean
	{"github.com/mileusna/useragent", []string{"adapters/useragent"}},
	{"github.com/pressly/goose/v3", []string{"adapters/internal/migration", "adapters/postgres", "adapters/sqlite"}},
	{"github.com/prometheus/client_golang", []string{"adapters/telemetry", "cmd/plinto"}},
	{"github.com/redis/rueidis", []string{"adapters/redis", "cmd/internal"}},
	{"github.com/spf13/cobra", []string{"cmd/plinto"}},
	{"github.com/spf13/viper", []string{"config"}},
	{"github.com/subosito/gotenv", []string{"config"}},
	{"github.com/wneessen/go-mail", []string{"adapters/smtp"}},
	{"go.step.sm/crypto", []string{"adapters/kms", "cmd/plinto"}}, // in cmd, only tests
	{"go.yaml.in/yaml/v3", []string{"adapters/httpapi"}},          // in tests of the document
	{"golang.org/x/crypto", []string{"adapters/aesgcm", "adapters/hashing"}},
	{"golang.org/x/net/idna", []string{"adapters/idna", "adapters/internal/recipient"}},
	{"golang.org/x/sync", []string{"adapters", "cmd"}},
	{"golang.org/x/term", []string{"cmd/plinto"}}, // for passwords that are not shown
	{"golang.org/x/text", []string{"adapters/hashing", "adapters/httpapi", "adapters/letters", "adapters/passwordlist", "config"}},
	{"modernc.org/sqlite", []string{"adapters/sqlite"}},

	// Of the standard library, what belongs to one technology.
	{"database/sql", []string{"adapters/internal/migration", "adapters/postgres", "adapters/sqlite", "cmd", "core/app"}}, // in the core, only tests: it is impure
}

// testLibraries are at home in every test and nowhere in the program.
var testLibraries = []string{
	"github.com/anishathalye/porcupine",
	"github.com/emersion/go-sasl",
	"github.com/emersion/go-smtp",
	"github.com/golang-jwt/jwt/v5",
	"github.com/stretchr/testify",
	"pgregory.net/rapid",
}

// impure lists what pure code may not import of the standard library: a path
// that ends in "/" stands for all below it.
var impure = []string{
	"crypto/rand",
	"database/sql", "database/sql/",
	"log", "log/",
	"math/rand", "math/rand/",
	"net", "net/http", "net/http/",
	"os", "os/",
}

// unreachable lists what pure code may not even reach through other packages
// of the standard library, most of which reach os and some kind of randomness.
var unreachable = []string{"database/sql", "net", "net/http", "os/exec"}

// clock lists the functions of package time that ask what time it is.
var clock = []string{"Now", "Since", "Until"}

// isStandard tells a path of the standard library: only module paths begin
// with a domain.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && path != "C"
}

// within tells whether path is prefix or below it.
func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func withinAny(path string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if within(path, prefix) {
			return true
		}
	}
	return false
}

func isImpure(path string) bool {
	for _, p := range impure {
		if path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}
