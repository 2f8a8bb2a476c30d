package idempotency_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/idempotency"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

func TestAKeyIsPrintable(t *testing.T) {
	for _, good := range []string{"a", "8e03978e-40d5-43e8-bc93-6894a57f9324", "with space", `"`, "~", strings.Repeat("k", 255)} {
		key, faults := idempotency.ParseKey(good)
		require.Empty(t, faults, good)
		require.EqualValues(t, good, key)
	}
	for _, bad := range []string{"", strings.Repeat("k", 256), "tab\t", "\x00", "line\n", "del\x7f", "ü", "\xff"} {
		key, faults := idempotency.ParseKey(bad)
		require.Len(t, faults, 1, "%q", bad)
		require.Equal(t, "header.Idempotency-Key", faults[0].Name)
		require.Empty(t, key)
	}
}

func ring(t *testing.T, secrets ...string) *idempotency.Keyring {
	t.Helper()
	var previous [][]byte
	for _, s := range secrets[1:] {
		previous = append(previous, []byte(s))
	}
	k, err := idempotency.NewKeyring([]byte(secrets[0]), previous...)
	require.NoError(t, err)
	return k
}

const secret = "the key of this application"

func request() idempotency.Request {
	return idempotency.Request{
		Tenant: tenant.Default, Operation: "signUp", User: user.ID{1}, Key: "key", Body: []byte(`{"password":"secret"}`), KeyThumbprint: "thumb",
	}
}

func TestWhatMakesTwoRequestsOne(t *testing.T) {
	k := ring(t, secret)
	mark := k.Marks(request())[0]
	require.Equal(t, mark, k.Marks(request())[0])
	require.NotEqual(t, mark.Hash, mark.Fingerprint)
	where := map[string]func(*idempotency.Request){
		"tenant":    func(r *idempotency.Request) { r.Tenant[0]++ },
		"operation": func(r *idempotency.Request) { r.Operation = "createUser" },
		"user":      func(r *idempotency.Request) { r.User = user.ID{} },
		"key":       func(r *idempotency.Request) { r.Key = "Key" },
	}
	what := map[string]func(*idempotency.Request){
		"body":        func(r *idempotency.Request) { r.Body = append(r.Body, ' ') },
		"no body":     func(r *idempotency.Request) { r.Body = nil },
		"thumbprint":  func(r *idempotency.Request) { r.KeyThumbprint = "" },
		"moved parts": func(r *idempotency.Request) { r.KeyThumbprint, r.Body = "thumb{", r.Body[1:] },
	}
	for name, change := range where {
		r := request()
		change(&r)
		other := k.Marks(r)[0]
		require.NotEqual(t, mark.Hash, other.Hash, name)
		require.NotEqual(t, mark.Fingerprint, other.Fingerprint, name)
	}
	for name, change := range what {
		r := request()
		change(&r)
		other := k.Marks(r)[0]
		require.Equal(t, mark.Hash, other.Hash, name)
		require.NotEqual(t, mark.Fingerprint, other.Fingerprint, name)
	}
	a, b := request(), request()
	a.Operation, a.Key = "signUp", "ab"
	b.Operation, b.Key = "signUpa", "b"
	require.NotEqual(t, k.Marks(a)[0].Hash, k.Marks(b)[0].Hash, "where a part ends is part of it")
}

func TestAMarkTakesTheApplicationsKey(t *testing.T) {
	mark := ring(t, secret).Marks(request())[0]
	other := ring(t, "another key of an application").Marks(request())[0]
	require.NotEqual(t, mark.Hash, other.Hash)
	require.NotEqual(t, mark.Fingerprint, other.Fingerprint)

	both := ring(t, "another key of an application", secret).Marks(request())
	require.Equal(t, []idempotency.Mark{other, mark}, both, "what an earlier key marked is found")
	_, err := idempotency.NewKeyring([]byte("too short"))
	require.ErrorContains(t, err, "at least 16")
	_, err = idempotency.NewKeyring([]byte(secret), []byte("too short"))
	require.Error(t, err)
}

func TestAnAnswerOpensForItsRequestAlone(t *testing.T) {
	k := ring(t, secret)
	mark := k.Marks(request())[0]
	answer := []byte("prt_a-refresh-token")
	sealed, err := mark.Seal(answer, [12]byte{7})
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "refresh")
	opened, err := k.Marks(request())[0].Open(sealed)
	require.NoError(t, err)
	require.Equal(t, answer, opened)

	again, err := mark.Seal(answer, [12]byte{8})
	require.NoError(t, err)
	require.NotEqual(t, sealed, again)

	r := request()
	r.Body = []byte(`{"password":"guess"}`)
	for name, open := range map[string]func() ([]byte, error){
		"another body": func() ([]byte, error) { return k.Marks(r)[0].Open(sealed) },
		"another application key": func() ([]byte, error) {
			return ring(t, "another key of an application").Marks(request())[0].Open(sealed)
		},
		"a changed answer": func() ([]byte, error) { c := bytes.Clone(sealed); c[len(c)-1]++; return mark.Open(c) },
		"a part of one":    func() ([]byte, error) { return mark.Open(sealed[:11]) },
		"nothing":          func() ([]byte, error) { return mark.Open(nil) },
	} {
		_, err := open()
		require.ErrorIs(t, err, idempotency.ErrSealed, name)
	}
}

func TestJudging(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ours, other := [32]byte{1}, [32]byte{2}
	done := idempotency.Record{Fingerprint: ours, LeasedUntil: now.Add(-time.Hour), ExpiresAt: now.Add(time.Microsecond), Answer: []byte("sealed")}
	working := idempotency.Record{Fingerprint: ours, LeasedUntil: now.Add(time.Microsecond), ExpiresAt: now.Add(time.Hour)}
	with := func(r idempotency.Record, change func(*idempotency.Record)) idempotency.Record { change(&r); return r }
	for name, c := range map[string]struct {
		record idempotency.Record
		of     [32]byte
		want   idempotency.Verdict
	}{
		"a repetition":                      {done, ours, idempotency.Replay},
		"another request":                   {done, other, idempotency.Reused},
		"another while the first is worked": {working, other, idempotency.Reused},
		"one under way":                     {working, ours, idempotency.InProgress},
		"one whose holder died":             {with(working, func(r *idempotency.Record) { r.LeasedUntil = now }), ours, idempotency.Free},
		"another after the holder died":     {with(working, func(r *idempotency.Record) { r.LeasedUntil = now }), other, idempotency.Reused},
		"one whose time is over":            {with(done, func(r *idempotency.Record) { r.ExpiresAt = now }), ours, idempotency.Free},
		"another whose time is over":        {with(done, func(r *idempotency.Record) { r.ExpiresAt = now }), other, idempotency.Free},
		"one after some guesses":            {with(done, func(r *idempotency.Record) { r.Mismatches = idempotency.MaxMismatches - 1 }), ours, idempotency.Replay},
		"one after too many guesses":        {with(done, func(r *idempotency.Record) { r.Mismatches = idempotency.MaxMismatches }), ours, idempotency.Reused},
	} {
		require.Equal(t, c.want, c.record.Judge(c.of, now), name)
	}
}
