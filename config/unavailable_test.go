package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnavailableIsRefused(t *testing.T) {
	for _, c := range []struct{ given, remedy string }{
		{"ENABLE_ORGANIZATIONS=true", "leave it at false"},
		{"ENABLE_WEBHOOKS=true", "leave it at false"},
		{"ENABLE_AUDIT=true", "leave it at false"},
		{"ENABLE_SCIM=true", "leave it at false"},
		{"ENABLE_MFA=true", "leave it at false"},
		{"ENABLE_SSO=true", "leave it at false"},
		{"ENABLE_OAUTH=true", "leave it at false"},
		{"DATABASE_REPLICA_URLS=postgres://replica/plinto", "leave it out"},
	} {
		name, _, _ := strings.Cut(c.given, "=")
		for _, environment := range []string{"development", "test", "staging", "production"} {
			require.Equal(t, name+": asks for what is not available in this version; "+c.remedy,
				refused(t, inProduction("ENVIRONMENT="+environment, c.given)...))
		}
	}
	load(t, "ENABLE_OAUTH=0", "DATABASE_REPLICA_URLS=")
}
