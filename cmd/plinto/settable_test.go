package main_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/ports/porttest"
)

// How old a proof may be, and how far ahead, is what the settings say.
func TestTheTimeOfProofsIsSettable(t *testing.T) {
	i := start(t, t.TempDir(), append([]string{"DPOP_MAX_AGE=5m", "DPOP_LEEWAY=1m"}, fast...)...)
	i.signUp("ann")
	prover := porttest.NewProver(t, "EdDSA")
	signIn := func(age time.Duration) answer {
		return i.proving(prover, "/api/v1/auth/signin", "", map[string]string{"email": "ann@example.com", "password": password},
			map[string]any{"iat": time.Now().Add(-age).Unix()})
	}
	// Beyond what they are otherwise, and not beyond what they were set to.
	signIn(4 * time.Minute).want(200)
	signIn(5*time.Minute+time.Second).fault(400, "invalid_dpop_proof")
	signIn(-30 * time.Second).want(200)
	signIn(-2*time.Minute).fault(400, "invalid_dpop_proof")
}

func TestTheAgeOfKeysIsSettable(t *testing.T) {
	address, dir := postgresURL(t), t.TempDir()
	begin := func(days string) *instance {
		return start(t, dir, append([]string{"DATABASE_URL=" + address, "KEY_ROTATION_DAYS=" + days}, fast...)...)
	}
	first := begin("2")
	require.Len(t, first.kids(), 1)
	require.Zero(t, first.stop())
	execute(t, address, "UPDATE signing_keys SET created_at = created_at - interval '3 days', active_from = active_from - interval '3 days'")
	never, later := begin("0"), begin("4")
	require.Len(t, never.kids(), 1)
	require.Len(t, later.kids(), 1)
	soon := begin("2")
	require.Eventually(t, func() bool { return len(soon.kids()) == 2 }, time.Minute, 50*time.Millisecond)
}

// What a client asks is counted for itself, and no other client pays for it.
func TestTheLimitOfClientsIsSettable(t *testing.T) {
	i := start(t, t.TempDir(), append([]string{"RATE_LIMIT_CLIENT_PER_MINUTE=3"}, fast...)...)
	ask := func(s service) answer {
		return i.as(s, "POST", "/api/v1/auth/introspect", url.Values{"token": {"nobody's"}})
	}
	one, other := i.newService("introspect"), i.newService("introspect")
	var refused answer
	// A minute may begin in between, but not twice.
	for n := 0; n < 7 && refused.status != 429; n++ {
		refused = ask(one)
		if n < 3 {
			refused.want(200)
		}
	}
	refused.fault(429, "rate_limited")
	require.NotEmpty(t, refused.header.Get("Retry-After"))
	ask(other).want(200)
}
