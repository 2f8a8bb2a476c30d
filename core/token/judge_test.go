package token_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/token"
)

var (
	now  = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	life = session.Lifetime{Sliding: 7 * 24 * time.Hour, Absolute: 30 * 24 * time.Hour}
)

const grace = 10 * time.Second

// chain gives the first tokens of a session, and the session as it is after
// the given number of rotations, the last of them at now.
func chain(k *token.Keyring, length, rotations int) ([]token.Presented, session.Session) {
	r := k.First(session.ID{1}, [32]byte{2})
	began := now.Add(-time.Hour)
	s := session.New(session.Opening{ID: r.Session, SecretHash: r.Hash()}, life, began)
	var tokens []token.Presented
	for n := range length {
		p := k.Present(r)
		tokens = append(tokens, p)
		if n < rotations {
			s = token.Advance(s, p, life, now)
		}
		r = k.Next(r)
	}
	return tokens, s
}

func TestJudge(t *testing.T) {
	k := ring(t, newKey)
	tokens, s := chain(k, 6, 3)
	ended, expired := s, s
	ended.EndedAt, ended.EndReason = &now, session.SignedOut
	expired.ExpiresAt = now
	stranger := k.Present(k.First(session.ID{1}, [32]byte{9}))
	sameGeneration := tokens[3]
	sameGeneration.Hash[0]++
	for _, c := range []struct {
		name    string
		token   token.Presented
		session session.Session
		mayAct  bool
		after   time.Duration
		want    token.Verdict
	}{
		{"the current token", tokens[3], s, true, time.Hour, token.Rotate},
		{"the last token, at once", tokens[2], s, true, 0, token.Repeat},
		{"the last token, at the end of the grace", tokens[2], s, true, grace - 1, token.Repeat},
		{"the last token, when the grace is over", tokens[2], s, true, grace, token.Reused},
		{"the last token, long after", tokens[2], s, true, time.Hour, token.Reused},
		{"the one before the last, at once", tokens[1], s, true, 0, token.Reused},
		{"the first token", tokens[0], s, true, 0, token.Reused},
		{"a token that the state has not reached", tokens[4], s, true, 0, token.Lost},
		{"one further on", tokens[5], s, true, 0, token.Lost},
		{"another secret of an older generation", stranger, s, true, 0, token.Reused},
		{"another secret of this generation", sameGeneration, s, true, 0, token.Refuse},
		{"an ended session", tokens[3], ended, true, 0, token.Refuse},
		{"an ended session does not find reuse again", tokens[0], ended, true, 0, token.Refuse},
		{"an expired session", tokens[3], expired, true, 0, token.Refuse},
		{"a user who may not act", tokens[3], s, false, 0, token.Refuse},
		{"a user who may not act, last token", tokens[2], s, false, 0, token.Refuse},
		{"a clock that stepped back", tokens[2], s, true, -time.Minute, token.Repeat},
	} {
		require.Equal(t, c.want, token.Judge(c.token, c.session, c.mayAct, now.Add(c.after), life, grace), c.name)
	}
}

func TestJudgeOfABoundSession(t *testing.T) {
	k := ring(t, newKey)
	tokens, s := chain(k, 6, 3)
	s.KeyThumbprint = "her key"
	ended, expired := s, s
	ended.EndedAt, ended.EndReason = &now, session.SignedOut
	expired.ExpiresAt = now
	for _, c := range []struct {
		name    string
		token   token.Presented
		session session.Session
		mayAct  bool
		after   time.Duration
		want    token.Verdict // for the key's holder; all others are refused
	}{
		{"the current token", tokens[3], s, true, time.Hour, token.Rotate},
		{"the last token, at once", tokens[2], s, true, 0, token.Repeat},
		{"the last token, when the grace is over", tokens[2], s, true, grace, token.Repeat},
		{"the last token, days after", tokens[2], s, true, 6 * 24 * time.Hour, token.Repeat},
		{"the one before the last", tokens[1], s, true, 0, token.Reused},
		{"the first token", tokens[0], s, true, 0, token.Reused},
		{"a token that the state has not reached", tokens[4], s, true, 0, token.Lost},
		{"an ended session", tokens[3], ended, true, 0, token.Refuse},
		{"an ended session, last token", tokens[2], ended, true, 0, token.Refuse},
		{"an expired session, last token", tokens[2], expired, true, 0, token.Refuse},
		{"a user who may not act", tokens[2], s, false, 0, token.Refuse},
	} {
		c.token.KeyThumbprint = "her key"
		require.Equal(t, c.want, token.Judge(c.token, c.session, c.mayAct, now.Add(c.after), life, grace), c.name)
		for _, other := range []string{"", "another key", "her key "} {
			c.token.KeyThumbprint = other
			require.Equal(t, token.Refuse, token.Judge(c.token, c.session, c.mayAct, now.Add(c.after), life, grace), "%s, by %q", c.name, other)
		}
	}
}

func TestTheFirstKeyBindsForGood(t *testing.T) {
	k := ring(t, newKey)
	r := k.First(session.ID{1}, [32]byte{2})
	s := session.New(session.Opening{ID: r.Session, SecretHash: r.Hash()}, life, now)
	p := k.Present(r)
	require.Empty(t, token.Advance(s, p, life, now).KeyThumbprint)
	p.KeyThumbprint = "her key"
	require.Equal(t, token.Rotate, token.Judge(p, s, true, now, life, grace))
	s = token.Advance(s, p, life, now)
	require.Equal(t, "her key", s.KeyThumbprint)
	for _, other := range []string{"", "another key"} {
		p.KeyThumbprint = other
		require.Equal(t, "her key", token.Advance(s, p, life, now).KeyThumbprint)
	}
}

// Before a refresh binds it, a session's tokens are anybody's who has them: who
// bound it may have been the thief.
func TestATokenFromBeforeTheBindingIsFoundOut(t *testing.T) {
	k := ring(t, newKey)
	tokens, s := chain(k, 6, 2)
	binding := tokens[2]
	binding.KeyThumbprint = "a key"
	s = token.Advance(s, binding, life, now)
	require.EqualValues(t, 3, s.BoundGeneration)
	judge := func(p token.Presented, key string, after time.Duration) token.Verdict {
		p.KeyThumbprint = key
		return token.Judge(p, s, true, now.Add(after), life, grace)
	}
	for _, key := range []string{"", "another key"} {
		require.Equal(t, token.Refuse, judge(tokens[2], key, grace-1), "it may have been sent at the same time")
		require.Equal(t, token.Reused, judge(tokens[2], key, grace))
		require.Equal(t, token.Reused, judge(tokens[1], key, 0))
		require.Equal(t, token.Refuse, judge(tokens[3], key, time.Hour), "that one was given to the key's holder")
		require.Equal(t, token.Refuse, judge(tokens[4], key, time.Hour))
	}
	require.Equal(t, token.Repeat, judge(tokens[2], "a key", time.Hour))
	bound := tokens[3]
	bound.KeyThumbprint = "a key"
	s = token.Advance(s, bound, life, now)
	require.EqualValues(t, 3, s.BoundGeneration, "for good")
	require.Equal(t, token.Reused, judge(tokens[2], "", 0), "long before")
	require.Equal(t, token.Refuse, judge(tokens[3], "", time.Hour))
}

func TestJudgeOfAnIdleSession(t *testing.T) {
	idle := life
	idle.Idle = time.Hour
	tokens, s := chain(ring(t, newKey), 3, 2)
	for n, want := range []token.Verdict{token.Reused, token.Reused, token.Rotate} {
		require.Equal(t, want, token.Judge(tokens[n], s, true, now.Add(idle.Idle-1), idle, grace))
		require.Equal(t, token.Refuse, token.Judge(tokens[n], s, true, now.Add(idle.Idle), idle, grace))
	}
	require.Equal(t, token.Refuse, token.Judge(tokens[1], s, true, now.Add(grace-1), session.Lifetime{Idle: grace - 1}, grace),
		"idle is over, whatever the grace")
}

func TestNoGraceAtAll(t *testing.T) {
	tokens, s := chain(ring(t, newKey), 3, 2)
	require.Equal(t, token.Reused, token.Judge(tokens[1], s, true, now, life, 0))
}

func TestVerdictsThatEndASession(t *testing.T) {
	for v, want := range map[token.Verdict]session.EndReason{
		token.Refuse: "", token.Rotate: "", token.Repeat: "", token.Reused: session.ReuseDetected, token.Lost: session.StateLost,
	} {
		reason, ends := v.EndReason()
		require.Equal(t, want, reason, v)
		require.Equal(t, want != "", ends, v)
		require.NotContains(t, v.String(), "verdict ")
	}
	require.Equal(t, "verdict 9", token.Verdict(9).String())
}
