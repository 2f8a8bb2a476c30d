package session_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/session"
)

var (
	life = session.Lifetime{Sliding: 7 * 24 * time.Hour, Absolute: 30 * 24 * time.Hour}
	now  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

func TestExpirySlidesUpToTheAbsoluteEnd(t *testing.T) {
	s := session.New(session.Opening{}, life, now)
	require.Equal(t, now.Add(7*24*time.Hour), s.ExpiresAt)
	require.Equal(t, now.Add(30*24*time.Hour), s.EndsAt)
	require.Equal(t, now.Add(8*24*time.Hour), life.Expiry(now.Add(24*time.Hour), s.EndsAt))
	require.Equal(t, s.EndsAt, life.Expiry(now.Add(29*24*time.Hour), s.EndsAt))
	require.Equal(t, now.Add(time.Hour), session.New(session.Opening{}, session.Lifetime{Sliding: 2 * time.Hour, Absolute: time.Hour}, now).ExpiresAt)
}

func TestLive(t *testing.T) {
	s := session.New(session.Opening{}, life, now)
	require.True(t, s.Live(s.ExpiresAt.Add(-time.Microsecond), life))
	require.False(t, s.Live(s.ExpiresAt, life), "an expiry is the first instant that is too late")
	s.EndedAt = &now
	require.False(t, s.Live(now, life))
}

func TestASessionIsLiveWhileItIsUsed(t *testing.T) {
	idle := session.Lifetime{Sliding: life.Sliding, Absolute: life.Absolute, Idle: 30 * time.Minute}
	s := session.New(session.Opening{}, idle, now)
	require.True(t, s.Live(now.Add(30*time.Minute-time.Microsecond), idle))
	require.False(t, s.Live(now.Add(30*time.Minute), idle))
	require.True(t, s.Live(now.Add(30*time.Minute), life), "no limit, no end")
	s.LastActivityAt = now.Add(20 * time.Minute)
	require.True(t, s.Live(now.Add(50*time.Minute-time.Microsecond), idle))
	require.False(t, s.Live(now.Add(50*time.Minute), idle))
	require.True(t, s.Live(now, idle), "activity that another clock saw in the future")
	s.LastActivityAt = s.ExpiresAt
	require.False(t, s.Live(s.ExpiresAt, idle), "activity outlives no expiry")
}

func TestWithoutAnIdleLimitNothingIsTooLongAgo(t *testing.T) {
	require.True(t, life.IdleSince(now).IsZero())
	require.True(t, session.Lifetime{Idle: -time.Hour}.IdleSince(now).IsZero())
	require.Equal(t, now.Add(-time.Hour), session.Lifetime{Idle: time.Hour}.IdleSince(now))
}

func TestStepUp(t *testing.T) {
	limit := session.StepUp(10 * time.Minute)
	require.True(t, limit.Satisfied(now, now))
	require.True(t, limit.Satisfied(now, now.Add(10*time.Minute)))
	require.False(t, limit.Satisfied(now, now.Add(10*time.Minute+1)))
	require.True(t, limit.Satisfied(now.Add(time.Second), now), "another clock is ahead")
	require.False(t, limit.Satisfied(time.Time{}, now), "no proof")
	require.True(t, session.StepUp(0).Satisfied(time.Time{}, now), "none is asked for")
}

func TestUserAgentIsClippedBetweenCharacters(t *testing.T) {
	s := session.New(session.Opening{UserAgent: strings.Repeat("é", 400)}, life, now)
	require.LessOrEqual(t, len(s.UserAgent), session.MaxUserAgent)
	require.True(t, utf8.ValidString(s.UserAgent))
	require.Equal(t, "curl", session.New(session.Opening{UserAgent: "curl"}, life, now).UserAgent)
	odd := session.New(session.Opening{UserAgent: "x" + strings.Repeat("é", 400)}, life, now)
	require.True(t, utf8.ValidString(odd.UserAgent))
}

func TestUserAgentIsWhatEveryStoreCanKeep(t *testing.T) {
	for sent, kept := range map[string]string{
		"a\xffb": "ab", "a\x00b\r\nc": "abc", "\xff\xfe": "", "Mozilla/5.0 (汉语; 🦊)": "Mozilla/5.0 (汉语; 🦊)", "a\u0085b": "ab", "a\ufffdb": "ab",
	} {
		require.Equal(t, kept, session.New(session.Opening{UserAgent: sent}, life, now).UserAgent, "%q", sent)
	}
}

func TestRestoreRefusesWhatTheRulesForbid(t *testing.T) {
	good := session.Snapshot{Session: session.New(session.Opening{}, life, now), DeviceType: "mobile", SecretHash: make([]byte, 32)}
	good.SecretHash[0] = 9
	s, err := session.Restore(good)
	require.NoError(t, err)
	require.Equal(t, session.Mobile, s.Device.Type)
	require.Equal(t, byte(9), s.Rotation.SecretHash[0])

	for name, spoil := range map[string]func(*session.Snapshot){
		"short hash":            func(s *session.Snapshot) { s.SecretHash = s.SecretHash[:31] },
		"unknown device":        func(s *session.Snapshot) { s.DeviceType = "toaster" },
		"ended without reason":  func(s *session.Snapshot) { s.EndedAt = &now },
		"reason without an end": func(s *session.Snapshot) { s.EndReason = "revoked" },
	} {
		bad := good
		spoil(&bad)
		_, err := session.Restore(bad)
		require.Error(t, err, name)
	}

	ended := good
	ended.EndedAt, ended.EndReason = &now, "signed_out"
	s, err = session.Restore(ended)
	require.NoError(t, err)
	require.Equal(t, session.SignedOut, s.EndReason)
}
