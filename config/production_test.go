package config_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

const remedy = "; make one with: openssl rand -base64 48"

func TestProductionAccepts(t *testing.T) {
	require.Equal(t, config.Production, load(t, inProduction("CORS_ORIGINS=https://app.example.com", "FRONTEND_URL=https://app.example.com")...).Environment)
	require.Equal(t, config.SQLite, load(t, inProduction()...).Database.Engine)
	require.Equal(t, "https://issuer.example", load(t, inProduction("JWT_ISSUER=https://issuer.example")...).JWT.Issuer)
	// Schemes are compared without case.
	load(t, inProduction("PUBLIC_URL=HTTPS://auth.example.com")...)
}

// Each refusal alone, and only where it is due.
func TestProductionRefuses(t *testing.T) {
	for _, c := range []struct{ given, fault string }{
		{"DEBUG=true", "DEBUG: is true; production needs false"},
		{"ENABLE_DOCS=true", "ENABLE_DOCS: is true; production needs false"},
		{"CORS_ORIGINS=https://a.example,http://b.example", `CORS_ORIGINS: holds "http://b.example"; production needs https`},
		{"CORS_ORIGINS=http://localhost:3000", `CORS_ORIGINS: holds "http://localhost:3000"; production needs https`},
		{"JWT_ISSUER=http://auth.example.com", "JWT_ISSUER: is not https; production needs https, and takes PUBLIC_URL when no other is set"},
		{"FRONTEND_URL=http://app.example.com", "FRONTEND_URL: is not https; production needs https, for the links in mails hold secrets"},
		{"ALLOWED_HOSTS=", "ALLOWED_HOSTS: is missing; production needs the host names to answer to"},
		{"ALLOWED_HOSTS=auth.example.com,*", "ALLOWED_HOSTS: holds *; production needs the host names one by one"},
		{"BCRYPT_ROUNDS=11", "BCRYPT_ROUNDS: is 11; it must be 12 to 15"},
	} {
		require.Equal(t, c.fault, refused(t, inProduction(c.given)...))
		for _, environment := range []string{"development", "test", "staging"} {
			load(t, inProduction(c.given, "ENVIRONMENT="+environment)...)
		}
	}
	require.Equal(t, []string{
		"PUBLIC_URL: is missing; production needs the https address that clients use",
		"JWT_ISSUER: is not https; production needs https, and takes PUBLIC_URL when no other is set",
	}, faultsOf(t, config.Source{Environ: inProduction("PUBLIC_URL=")}))
	require.Equal(t, []string{
		"PUBLIC_URL: is not https; production needs https",
		"JWT_ISSUER: is not https; production needs https, and takes PUBLIC_URL when no other is set",
	}, faultsOf(t, config.Source{Environ: inProduction("PUBLIC_URL=http://auth.example.com")}))
}

func TestProductionGivesAllReasonsAtOnce(t *testing.T) {
	lines := faultsOf(t, config.Source{Environ: []string{
		"ENVIRONMENT=production", "SECRET_KEY=change-me", "JWT_SECRET_KEY=change-me", "DEBUG=1", "ENABLE_DOCS=1", "JWT_ALGORITHM=HS256",
		"CORS_ORIGINS=http://a.example,http://b.example", "ALLOWED_HOSTS=*", "BCRYPT_ROUNDS=10", "ENABLE_MFA=1", "PORT=http",
	}})
	require.Equal(t, []string{
		"DEBUG: is true; production needs false",
		"SECRET_KEY: is a well-known placeholder and is shorter than 32 bytes" + remedy,
		`PORT: "http" is not a whole number; write one such as 10`,
		"PUBLIC_URL: is missing; production needs the https address that clients use",
		"ALLOWED_HOSTS: holds *; production needs the host names one by one",
		`CORS_ORIGINS: holds "http://a.example"; production needs https`,
		`CORS_ORIGINS: holds "http://b.example"; production needs https`,
		"JWT_SECRET_KEY: is a well-known placeholder and is shorter than 32 bytes" + remedy,
		"JWT_SECRET_KEY: is the same as SECRET_KEY; each needs its own",
		"JWT_ALGORITHM: HS256 is refused: with a shared key whoever can check a token could also sign one; use RS256, ES256 or EdDSA",
		"JWT_ISSUER: is not https; production needs https, and takes PUBLIC_URL when no other is set",
		"BCRYPT_ROUNDS: is 10; it must be 12 to 15",
		"ENABLE_DOCS: is true; production needs false",
		"ENABLE_MFA: asks for what is not available in this version; leave it at false",
	}, lines)
}

func TestWeakSecrets(t *testing.T) {
	const placeholder, short, regular = "is a well-known placeholder", "is shorter than 32 bytes", "is too regular to be random"
	for _, c := range []struct{ key, reasons string }{
		{"", "is missing"},
		{keyA[:31], short},
		{"secret", placeholder + " and " + short},
		{"Change_Me", placeholder + " and " + short},
		{"your-secret-key-here", placeholder + " and " + short},
		{"your-super-secret-key-change-in-production", placeholder},
		{"change-me-change-me-change-me-change-me", placeholder + " and " + regular},
		{"please.replace/this " + keyA, placeholder},
		{strings.Repeat("a", 32), regular},
		{"1122334455667711223344556677112233", regular},         // seven characters
		{"1122334455667716253741526374657321", regular},         // seven, shuffled
		{"q8Zr2LmXw0q8Zr2LmXw0q8Zr2LmXw0q8Zr2", regular},        // ten, over and over
		{keyA[:16] + keyA[:16], regular},                        // twice the same
		{"abcdefghijklmnopqrstuvwxyz0123456789", regular},       // up
		{"9876543210zyxwvutsrqponmlkjihgfedcba", regular},       // down
		{"aX1q9Zk2bT7vaX1q9Zk2bT7wLd0Rf8Gm", ""},                // alike, not regular
		{"11223344556677881324354657687182", ""},                // eight characters, the fewest
		{"correct horse battery staple, twelve more words", ""}, // a phrase
	} {
		for _, environment := range []string{"production", "staging"} {
			for _, name := range []string{"SECRET_KEY", "JWT_SECRET_KEY"} {
				environ := inProduction("ENVIRONMENT="+environment, name+"="+c.key)
				if c.reasons == "" {
					load(t, environ...)
					continue
				}
				require.Equal(t, name+": "+c.reasons+remedy, refused(t, environ...), c.key)
			}
		}
		for _, environment := range []string{"development", "test"} {
			load(t, "ENVIRONMENT="+environment, "SECRET_KEY="+c.key, "JWT_SECRET_KEY="+c.key)
		}
	}
}

func TestStrongSecretsPass(t *testing.T) {
	for range 200 {
		raw := make([]byte, 96)
		_, err := rand.Read(raw)
		require.NoError(t, err)
		load(t, inProduction("SECRET_KEY="+base64.StdEncoding.EncodeToString(raw[:48]), "JWT_SECRET_KEY="+base64.RawURLEncoding.EncodeToString(raw[48:]))...)
		load(t, inProduction("SECRET_KEY="+hex.EncodeToString(raw[:16]), "JWT_SECRET_KEY="+hex.EncodeToString(raw[16:48]))...)
	}
}

func TestEqualSecrets(t *testing.T) {
	for _, environment := range []string{"production", "staging"} {
		require.Equal(t, "JWT_SECRET_KEY: is the same as SECRET_KEY; each needs its own",
			refused(t, inProduction("ENVIRONMENT="+environment, "JWT_SECRET_KEY="+keyA)...))
		require.Equal(t, []string{"SECRET_KEY: is missing" + remedy, "JWT_SECRET_KEY: is missing" + remedy},
			faultsOf(t, config.Source{Environ: inProduction("ENVIRONMENT="+environment, "SECRET_KEY=", "JWT_SECRET_KEY=")}))
	}
}

// An old key still opens doors, so it must be as good as a new one.
func TestWeakPreviousSecrets(t *testing.T) {
	for _, environment := range []string{"production", "staging"} {
		for _, name := range []string{"SECRET_KEY_PREVIOUS", "JWT_SECRET_KEY_PREVIOUS"} {
			load(t, inProduction("ENVIRONMENT="+environment, name+"=1"+keyA+",2"+keyA)...)
			require.Equal(t, name+": holds a key that is shorter than 32 bytes"+remedy, refused(t, inProduction("ENVIRONMENT="+environment, name+"=1"+keyA+",short")...))
		}
	}
	load(t, "SECRET_KEY_PREVIOUS=short", "JWT_SECRET_KEY_PREVIOUS=short")
}

// A private key in place of the sealing key is judged as a private key.
func TestPrivateKeyIsAStrongSecret(t *testing.T) {
	key := pkcs8(t, newECDSA(t, elliptic.P256()))
	load(t, inProduction("JWT_ALGORITHM=ES256", "JWT_SECRET_KEY="+key)...)
	require.Equal(t, "JWT_SECRET_KEY: is missing"+remedy, refused(t, inProduction("JWT_ALGORITHM=ES256", "JWT_SECRET_KEY=", "JWT_PRIVATE_KEY="+key)...))
}
