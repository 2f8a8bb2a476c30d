package jwks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/porttest"
)

func TestClaimsThatAreSignedAreStillRead(t *testing.T) {
	s, pairs := newSigner(t, token.RS256)
	pair := pairs[token.RS256]
	good := payloadOf(t, signed(t, s))
	claims := func() map[string]any {
		var m map[string]any
		d := json.NewDecoder(strings.NewReader(good))
		d.UseNumber()
		require.NoError(t, d.Decode(&m))
		return m
	}
	_, err := s.Verify(minted(t, pair, headerOf(pair), claims()))
	require.NoError(t, err)
	_, err = s.Verify(minted(t, pair, headerOf(pair), with(claims(), "org", map[string]any{"id": 1})))
	require.NoError(t, err, "a newer instance may say more")

	raw := func(s string) any { return json.RawMessage(s) }
	id := "0190b2f0-0000-7000-8000-000000000001"
	for name, values := range map[string][]any{
		"iss":       {nil, "", 1, []string{"x"}},
		"aud":       {nil, "plinto", 1, []any{"a", 1}, []any{nil}, []any{""}},
		"client_id": {nil, "", 1},
		"sub":       {nil, "", strings.ToUpper(id), strings.ReplaceAll(id, "-", ""), "{" + id + "}", id + " ", "urn:uuid:" + id, 1},
		"sid":       {nil, id[:35]}, "tid": {nil, "default"}, "jti": {nil, id + "0"},
		"type": {nil, "refresh", "ACCESS", "", 1},
		"iat":  {nil, "1750000000", raw("1.5"), raw("1e3"), raw("-1"), raw("-0"), raw("253402300800"), raw("99999999999999999999"), true, []int{1}},
		"nbf":  {nil, raw("1.0")}, "exp": {nil, raw("1E9"), raw("9223372036854775808")}, "auth_time": {nil, raw("-5")},
		"amr": {nil, "pwd", []any{1}, []any{nil}, map[string]any{}},
	} {
		absent := claims()
		delete(absent, name)
		refused(t, s, minted(t, pair, headerOf(pair), absent), "no "+name)
		other := claims()
		other[strings.ToUpper(name)] = other[name]
		delete(other, name)
		refused(t, s, minted(t, pair, headerOf(pair), other), "names have case")
		for _, value := range values {
			refused(t, s, minted(t, pair, headerOf(pair), with(claims(), name, value)), name)
		}
	}
	for _, cnf := range []any{
		nil, "x", 1, raw(`["x"]`), raw(`{}`), raw(`{"jkt":""}`), raw(`{"jkt":1}`), raw(`{"jkt":null}`),
		raw(`{"x5t#S256":"x"}`), raw(`{"jkt":"x","x5t#S256":"x"}`), raw(`{"jkt":"x","jkt":"y"}`),
	} {
		refused(t, s, minted(t, pair, headerOf(pair), with(claims(), "cnf", cnf)), "bound in a way that is not known")
	}
	for _, text := range []string{
		`{"exp":1,` + good[1:], `{"sub":"` + id + `",` + good[1:], good + "{}", good + "x", good[:len(good)-1], `[` + good + `]`,
		"null", "", strings.Replace(good, "api", "\xff", 1),
	} {
		refused(t, s, minted(t, pair, headerOf(pair), text), text)
	}
	spaced := " " + strings.ReplaceAll(good, `,"`, ` , "`) + "\n"
	_, err = s.Verify(minted(t, pair, headerOf(pair), spaced))
	require.NoError(t, err)
}

func TestSignRefusesWhatItCouldNotRead(t *testing.T) {
	s, _ := newSigner(t, token.EdDSA)
	for name, edit := range map[string]func(*token.Claims){
		"no expiry":  func(c *token.Claims) { c.ExpiresAt = time.Time{} },
		"the past":   func(c *token.Claims) { c.AuthTime = time.Unix(-1, 0) },
		"the future": func(c *token.Claims) { c.NotBefore = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		c := porttest.AccessClaims()
		edit(&c)
		_, err := s.Sign(c)
		require.Error(t, err, name)
	}
	c := porttest.AccessClaims()
	c.Methods, c.Audience = nil, nil
	text, err := s.Sign(c)
	require.NoError(t, err)
	require.Contains(t, payloadOf(t, text), `"amr":[]`)
	require.Contains(t, payloadOf(t, text), `"aud":[]`)
	_, err = s.Verify(text)
	require.NoError(t, err)
}
