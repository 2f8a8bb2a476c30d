package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/postgres"
	"github.com/plinto/plinto/adapters/sqlite"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

const applicationKey = "the application key of the histories"

// unlimited are settings under which clients may do what they like, and know
// the application's key.
func unlimited(grace string) []string {
	settings := append([]string(nil), fast...)
	for _, name := range []string{"PER_MINUTE", "PER_HOUR", "SIGNUP_PER_MINUTE", "SIGNUP_PER_HOUR", "SIGNIN_PER_ADDRESS_PER_5_MINUTES", "SIGNIN_PER_ACCOUNT_PER_MINUTE", "REFRESH_PER_SESSION_PER_5_MINUTES"} {
		settings = append(settings, "RATE_LIMIT_"+name+"=1000000")
	}
	return append(settings, "REFRESH_GRACE_SECONDS="+grace, "JWT_ALGORITHM=EdDSA", "SECRET_KEY="+applicationKey)
}

// Clients that share sessions, and steal tokens of each other, do as they
// like at the same time; one rule in some order explains all that they see.
func TestHistoriesOfConcurrentClients(t *testing.T) {
	for _, grace := range []time.Duration{0, time.Minute} {
		seconds := strconv.Itoa(int(grace.Seconds()))
		t.Run("SQLite with "+seconds+" seconds of grace", func(t *testing.T) {
			dir := t.TempDir()
			one := start(t, dir, unlimited(seconds)...)
			store, err := sqlite.Open(t.Context(), filepath.Join(dir, "data", "plinto.db"))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, store.Close()) })
			concurrently(t, grace, store, one)
		})
		t.Run("two instances on PostgreSQL with "+seconds+" seconds of grace", func(t *testing.T) {
			dir, database := t.TempDir(), postgresURL(t)
			settings := append([]string{"DATABASE_URL=" + database}, unlimited(seconds)...)
			if grace == 0 { // Redis has no part in it
				settings = append(settings, "REDIS_URL="+redisURL(t))
			}
			one, two := start(t, dir, settings...), start(t, dir, settings...)
			concurrently(t, grace, postgresStore(t, database), one, two)
		})
	}
}

func storeOptions(address string) postgres.Options {
	return postgres.Options{URL: address, PoolSize: 2, PoolTimeout: time.Minute, ConnectTimeout: time.Minute}
}

func postgresStore(t *testing.T, address string) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), storeOptions(address))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func sessionID(t *testing.T, text string) session.ID {
	t.Helper()
	s, err := id.Parse[session.Session](text)
	require.NoError(t, err)
	return s
}

// crowd is the clients of one service.
type crowd struct {
	t         *testing.T
	store     outbound.Store
	instances []*place
	families  []*family
	history
}

// place is where an instance runs, or the next one when that is gone.
type place struct {
	instance atomic.Pointer[instance]
	back     chan struct{} // closed when the next one is there
}

// family is a session that several clients share.
type family struct {
	chain
	newest  atomic.Int32 // the newest generation that somebody was given
	lost    atomic.Int32 // the newest of which somebody lost the successor
	access  atomic.Pointer[string]
	sibling *family // another session of the user
}

// learn takes in the tokens of an answer.
func (f *family) learn(out told, access string) {
	for {
		known := f.newest.Load()
		if out.generation <= int(known) {
			return
		}
		if f.newest.CompareAndSwap(known, int32(out.generation)) {
			f.access.Store(&access)
			return
		}
	}
}

// concurrently lets clients loose, kills the last instance when they are half
// through and starts it again, and checks what they have seen.
func concurrently(t *testing.T, grace time.Duration, store outbound.Store, instances ...*instance) {
	const users, sessions, steps = 19, 3, 30
	c, habits := &crowd{t: t, store: store}, habitsFor(grace)
	began := time.Now().UnixMicro()
	c.now = func() time.Duration { return time.Duration(time.Now().UnixMicro()-began) * time.Microsecond }
	for _, i := range instances {
		p := &place{back: make(chan struct{})}
		p.instance.Store(i)
		c.instances = append(c.instances, p)
	}
	for n := range users {
		c.signUp(instances[0], "user"+strconv.Itoa(n)+"@example.com")
	}
	var running, stories sync.WaitGroup
	// Three sessions that are told a short story each, so that every way to
	// end is in every history; on the others clients act by chance.
	stories.Go(func() {
		f, dice := c.families[0], rand.New(rand.NewPCG(1, 1))
		c.present(f, 0, dice)
		c.present(f, 1, dice)
		c.present(f, 0, dice)
		c.look(f)
	})
	stories.Go(func() { c.signOut(c.families[2], rand.New(rand.NewPCG(1, 2))) })
	stories.Go(func() { c.revoke(c.families[4], rand.New(rand.NewPCG(1, 3))) })
	// A few sessions at a time: clients are to meet each other, not to queue.
	crowded, halfway := make(chan struct{}, sessions), make(chan struct{})
	var taken atomic.Int32
	running.Go(func() {
		for n, f := range c.families[6:] {
			crowded <- struct{}{}
			var sharing sync.WaitGroup
			for client := range 2 + n%2 {
				sharing.Go(func() {
					dice := rand.New(rand.NewPCG(uint64(n), uint64(client)))
					for range steps {
						c.act(habits, f, dice)
						if int(taken.Add(1)) == len(c.families[6:])*steps {
							close(halfway)
						}
					}
				})
			}
			running.Go(func() {
				sharing.Wait()
				<-crowded
			})
		}
	})
	stories.Wait()
	<-halfway
	last := c.instances[len(instances)-1]
	dying := last.instance.Load()
	require.NoError(t, dying.cmd.Process.Signal(syscall.SIGKILL))
	<-dying.exited
	last.instance.Store(start(t, dying.dir, dying.env...))
	close(last.back)
	running.Wait()

	// What an absent client began is over when the instances are.
	http.DefaultClient.CloseIdleConnections()
	for _, p := range c.instances {
		require.Zero(t, p.instance.Load().stop())
	}
	ends := map[session.EndReason]int{}
	rotations, answers := 0, 0
	events := last.instance.Load().run("events", "tail", "-n", "10000")
	for _, f := range c.families {
		row := c.look(f)
		ends[row.reason]++
		rotations += row.generation
		found := 0
		for line := range strings.Lines(events) {
			if strings.Contains(line, "session.reuse_detected") && strings.Contains(line, f.session.String()) {
				found++
			}
		}
		want := 0
		if row.reason == session.ReuseDetected {
			want = 1
		}
		require.Equal(t, want, found, "reuse is told of once, where it was: %q", row.reason)
	}
	for _, o := range c.operations {
		if in, out := o.Input.(asked), o.Output.(told); in.act == present && out.outcome == granted {
			answers++
		}
	}
	t.Logf("%d operations, %d rotations, %d successors read; ends: %v", len(c.operations), rotations, answers, ends)
	c.requireExplained(t, grace)
	for _, reason := range []session.EndReason{session.ReuseDetected, session.SignedOut, session.Revoked} {
		require.NotZero(t, ends[reason], reason)
	}
	require.Zero(t, ends[session.StateLost])
}

// signUp makes a user with two sessions.
func (c *crowd) signUp(i *instance, email string) {
	c.t.Helper()
	keys, err := token.NewKeyring([]byte(applicationKey))
	require.NoError(c.t, err)
	var pair [2]*family
	for n, path := range []string{"/api/v1/auth/signup", "/api/v1/auth/signin"} {
		var in signIn
		i.call("POST", path, "", map[string]string{"email": email, "password": password}).want(201-n, &in)
		pair[n] = &family{chain: newChain(c.t, keys, in.Tokens.Refresh, 64)}
		pair[n].access.Store(&in.Tokens.Access)
	}
	pair[0].sibling, pair[1].sibling = pair[1], pair[0]
	c.families = append(c.families, pair[:]...)
}

// habits say how often of a thousand times a client that acts by chance does
// what. Without a grace every lost answer costs a session, so they lose fewer.
type habits struct{ newest, previous, lose, old, revoke, signOut int }

func habitsFor(grace time.Duration) habits {
	if grace == 0 {
		return habits{newest: 200, previous: 5, lose: 10, old: 5, revoke: 3, signOut: 3}
	}
	return habits{newest: 250, previous: 40, lose: 60, old: 2, revoke: 2, signOut: 2}
}

// act is one step of a client that acts by chance.
func (c *crowd) act(h habits, f *family, dice *rand.Rand) {
	newest, n := int(f.newest.Load()), dice.IntN(1000)
	does := func(often int) bool {
		n -= often
		return n < 0
	}
	switch {
	case does(h.newest):
		c.present(f, newest, dice)
	case does(h.previous):
		c.present(f, max(newest-1, int(f.lost.Load())), dice)
	case does(h.lose):
		c.lose(f, newest, dice)
	case does(h.old):
		c.present(f, dice.IntN(newest+1), dice)
	case does(h.revoke):
		c.revoke(f, dice)
	case does(h.signOut):
		c.signOut(f, dice)
	default:
		c.look(f)
	}
}

// ask sends a request to some instance. It answers false when none was sent,
// and pending when it was and has no answer.
func (c *crowd) ask(dice *rand.Rand, method, path, bearer string, body []byte) (answer, outcome, bool) {
	p := c.instances[dice.IntN(len(c.instances))]
	a, err := p.instance.Load().try(method, path, bearer, body)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		<-p.back
		return a, pending, false
	case err != nil:
		return a, pending, true
	case a.status == 200 || a.status == 204:
		return a, granted, true
	case a.status == 401 || a.status == 404:
		return a, refused, true
	}
	c.t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
	return a, pending, true
}

func refreshing(text string) []byte { return []byte(`{"refresh_token":"` + text + `"}`) }

func (c *crowd) present(f *family, generation int, dice *rand.Rand) {
	c.record(asked{act: present, session: f.session, generation: generation}, func() (told, bool) {
		a, end, begun := c.ask(dice, "POST", "/api/v1/auth/refresh", "", refreshing(f.texts[generation]))
		if end != granted {
			return told{outcome: end}, begun
		}
		var next tokens
		if err := json.Unmarshal(a.body, &next); err != nil {
			c.t.Errorf("%v: %s", err, a.body)
		}
		out := f.handedOut(next.Refresh)
		f.learn(out, next.Access)
		return out, true
	})
}

// lose presents a token and goes away: at once, or when the answer is about to
// be read.
func (c *crowd) lose(f *family, generation int, dice *rand.Rand) {
	f.lost.Store(int32(generation))
	p, patient := c.instances[dice.IntN(len(c.instances))], dice.IntN(2) == 0
	c.record(asked{act: present, session: f.session, generation: generation}, func() (told, bool) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.instance.Load().url, "http://"))
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) {
			<-p.back
			return told{}, false
		}
		if err != nil {
			c.t.Errorf("dial: %v", err)
			return told{}, false
		}
		defer func() { _ = conn.Close() }()
		body := string(refreshing(f.texts[generation]))
		_, err = io.WriteString(conn, "POST /api/v1/auth/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "+itoa(len(body))+"\r\n\r\n"+body)
		if err == nil && patient {
			if _, err = conn.Read(make([]byte, 1)); err == nil {
				return told{outcome: unread}, true
			}
		}
		return told{outcome: pending}, true
	})
}

func (c *crowd) signOut(f *family, dice *rand.Rand) {
	c.record(asked{act: signOut, session: f.session}, func() (told, bool) {
		_, end, begun := c.ask(dice, "POST", "/api/v1/auth/signout", *f.access.Load(), nil)
		return told{outcome: end}, begun
	})
}

// revoke ends a session from the user's other one, if that still may.
func (c *crowd) revoke(f *family, dice *rand.Rand) {
	var end outcome
	mayNot := false
	in := asked{act: barred, session: f.sibling.session}
	c.record(in, func() (told, bool) {
		c.record(asked{act: revoke, session: f.session}, func() (told, bool) {
			a, o, begun := c.ask(dice, "DELETE", "/api/v1/sessions/"+f.session.String(), *f.sibling.access.Load(), nil)
			end, mayNot = o, a.status == 401
			return told{outcome: end}, begun && !mayNot
		})
		return told{outcome: refused}, mayNot
	})
}

func (c *crowd) look(f *family) told {
	out, _ := c.record(asked{act: look, session: f.session}, func() (told, bool) {
		s, err := c.store.Sessions().ByID(c.t.Context(), tenant.Default, f.session)
		if err != nil {
			c.t.Errorf("look at %s: %v", f.session, err)
		}
		return f.row(s), err == nil
	})
	return out
}
