package main_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/cmd/internal/servers"
)

// bound is how long after its end was acknowledged a session may still be used
// at another instance.
const bound = time.Second

// watched asks no store for whom it lets in: only the feed tells it of an end.
const watched = "/api/v1/sessions?limit=1"

func (i *instance) signUp(name string) signIn {
	i.t.Helper()
	var in signIn
	i.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": name + "@example.com", "password": password}).want(201, &in)
	return in
}

func (i *instance) signOut(in signIn) {
	i.t.Helper()
	i.call("POST", "/api/v1/auth/signout", in.Tokens.Access, nil).want(204)
}

// fleet is three instances on one database, each on a wire of its own.
func fleet(t *testing.T, settings ...string) (instances []*instance, wires []func(cut bool)) {
	t.Helper()
	database, dir := postgresURL(t), t.TempDir()
	for range 3 {
		address, wire := wired(t, database)
		instances = append(instances, start(t, dir, append([]string{"DATABASE_URL=" + address}, append(settings, unlimited("10")...)...)...))
		wires = append(wires, func(cut bool) {
			if cut {
				wire.Cut()
			} else {
				wire.Mend()
			}
		})
	}
	return instances, wires
}

func TestAnEndedSessionIsRefusedEverywhereWithinASecond(t *testing.T) {
	for name, settings := range map[string]func(t *testing.T) []string{
		"without Redis": func(*testing.T) []string { return nil },
		"with Redis":    func(t *testing.T) []string { return []string{"REDIS_URL=" + redisURL(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			instances, _ := fleet(t, settings(t)...)
			const sessions = 40
			var mu sync.Mutex
			var took []time.Duration
			for n := range sessions {
				in := instances[0].signUp(fmt.Sprint("ann", n))
				for _, i := range instances {
					i.call("GET", watched, in.Tokens.Access, nil).want(200)
				}
				instances[n%3].signOut(in)
				ended := time.Now()
				instances[n%3].call("GET", watched, in.Tokens.Access, nil).fault(401, "invalid_token")
				var looking sync.WaitGroup
				for m, i := range instances {
					if m == n%3 {
						continue
					}
					looking.Go(func() {
						for {
							asked := time.Now()
							a, err := i.try("GET", watched, in.Tokens.Access, nil)
							if err == nil && a.status == 401 {
								break
							}
							if err != nil || asked.Sub(ended) > bound {
								t.Errorf("%s after the end: %d, %v", asked.Sub(ended), a.status, err)
								return
							}
						}
						mu.Lock()
						defer mu.Unlock()
						took = append(took, time.Since(ended))
					})
				}
				looking.Wait()
			}
			slices.Sort(took)
			t.Logf("refused by the other 2 of 3 instances after: p50 %s, p99 %s, the last %s", took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
		})
	}
}

// An instance whose wire to the database is cut cannot know, and lets nobody in
// whom it cannot ask about; the others are none the worse.
func TestAFeedThatIsCut(t *testing.T) {
	instances, cut := fleet(t, "DATABASE_POOL_TIMEOUT=1")
	in, other := instances[0].signUp("ann"), instances[0].signUp("bob")
	cut[1](true)
	instances[0].signOut(in)
	time.Sleep(bound)
	instances[1].call("GET", watched, in.Tokens.Access, nil).want(503)
	instances[1].call("GET", watched, other.Tokens.Access, nil).want(503)
	instances[2].call("GET", watched, in.Tokens.Access, nil).want(401)
	instances[2].call("GET", watched, other.Tokens.Access, nil).want(200)
	cut[1](false)
	eventually(t, 10*time.Second, "it is back", func() bool {
		a, err := instances[1].try("GET", watched, other.Tokens.Access, nil)
		return err == nil && a.status == 200
	})
	instances[1].call("GET", watched, in.Tokens.Access, nil).want(401)
}

// Redis that forgets everything, as after a flush or a failover that lost its
// last writes, and Redis that is gone, change nothing; nor does a restart.
func TestWhatIsRevokedStaysRevoked(t *testing.T) {
	database, err := servers.StartPostgres(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, database.Close()) }()
	cache, err := servers.StartRedis(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, cache.Close()) }()
	dir, settings := t.TempDir(), append([]string{"DATABASE_URL=" + database.Address(), "REDIS_URL=" + cache.Address()}, unlimited("10")...)
	one, two := start(t, dir, settings...), start(t, dir, settings...)
	in := one.signUp("ann")
	one.signOut(in)
	time.Sleep(bound)
	refused := func(when string, instances ...*instance) {
		t.Helper()
		for _, i := range instances {
			a := i.call("GET", watched, in.Tokens.Access, nil)
			require.Equal(t, 401, a.status, "%s: %s", when, a.body)
			a = i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh})
			require.Equal(t, 401, a.status, "%s: %s", when, a.body)
		}
	}
	refused("at first", one, two)
	require.NoError(t, cache.Stop())
	refused("without Redis", one, two)
	require.NoError(t, cache.Start(t.Context()))
	refused("with an empty Redis", one, two)
	refused("after a restart", start(t, dir, settings...))
	require.NoError(t, database.Stop())
	time.Sleep(bound)
	for _, i := range []*instance{one, two} {
		a := i.call("GET", watched, in.Tokens.Access, nil)
		require.Contains(t, []int{401, 503}, a.status, "%s", a.body)
	}
	require.NoError(t, database.Start(t.Context()))
	eventually(t, 20*time.Second, "they are back", func() bool {
		a, errOne := one.try("GET", "/ready", "", nil)
		b, errTwo := two.try("GET", "/ready", "", nil)
		return errOne == nil && errTwo == nil && a.status == 200 && b.status == 200
	})
	refused("on a database that was restarted", one, two)
}

// On a file, another program on the same machine is the other instance.
func TestRevocationOnAFile(t *testing.T) {
	dir := t.TempDir()
	database := "DATABASE_URL=sqlite:" + filepath.Join(dir, "shared.db")
	settings := append([]string{database}, unlimited("10")...)
	one, two := start(t, dir, settings...), start(t, dir, settings...)
	in := one.signUp("ann")
	two.call("GET", watched, in.Tokens.Access, nil).want(200)
	one.signOut(in)
	one.call("GET", watched, in.Tokens.Access, nil).want(401)
	time.Sleep(bound)
	two.call("GET", watched, in.Tokens.Access, nil).want(401)
	require.Zero(t, two.stop())
	start(t, dir, settings...).call("GET", watched, in.Tokens.Access, nil).want(401)
	require.NotContains(t, one.out.String(), "tried again")
}
