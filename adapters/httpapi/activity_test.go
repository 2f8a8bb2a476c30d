package httpapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

func TestPagesOfHistories(t *testing.T) {
	for _, path := range []string{"/api/v1/sessions/activity/recent", "/api/v1/sessions/security/alerts"} {
		f := newFakes()
		var asked inbound.EventPage
		next := event.Position{Transaction: math.MaxUint64, Sequence: math.MaxInt64}
		f.recent = func(_ context.Context, who inbound.Principal, p inbound.EventPage) (inbound.HistoryPage, error) {
			asked = p
			require.Equal(t, user.ID{1}, who.User)
			return inbound.HistoryPage{Next: next}, nil
		}
		f.alerts = f.recent
		s := start(t, f)
		var page struct {
			Data []any
			Next *string `json:"next_cursor"`
		}
		require.NoError(t, json.Unmarshal(s.do(asAnn("GET", path)).Body.Bytes(), &page))
		require.Equal(t, inbound.EventPage{Limit: 20}, asked)
		require.NotNil(t, page.Data)
		require.Equal(t, 200, s.do(asAnn("GET", path+"/?limit=100&cursor="+*page.Next)).Code)
		require.Equal(t, inbound.EventPage{Limit: 100, After: next}, asked)

		f.recent = nil
		f.alerts = nil
		negative := base64.RawURLEncoding.EncodeToString([]byte{2, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0})
		zero := base64.RawURLEncoding.EncodeToString(append([]byte{2}, make([]byte, 16)...))
		ofSessions := base64.RawURLEncoding.EncodeToString(append([]byte{1}, bytes.Repeat([]byte{7}, 16)...))
		for query, want := range map[string]string{
			"limit=0": "query.limit too_small", "limit=101": "query.limit too_large",
			"cursor=secret": "query.cursor invalid_cursor", "cursor=" + *page.Next + "A": "query.cursor invalid_cursor",
			"cursor=" + negative: "query.cursor invalid_cursor", "cursor=" + zero: "query.cursor invalid_cursor",
			"cursor=" + ofSessions: "query.cursor invalid_cursor",
			"limit=0&cursor=zz":    "query.limit too_small query.cursor invalid_cursor",
		} {
			_, faults := refused(t, s.do(asAnn("GET", path+"?"+query)), 422, fault.ValidationError)
			require.Equal(t, want, strings.Join(faults, " "), query)
		}
	}
}

func TestHintsReachTheCore(t *testing.T) {
	f := newFakes()
	var got session.Hints
	f.signIn = func(_ context.Context, c inbound.Caller, _ inbound.SignIn) (inbound.SignedIn, error) {
		got = c.Hints
		return inbound.SignedIn{User: ann()}, nil
	}
	w := start(t, f).do(ask("POST", "/api/v1/auth/signin", signInOK, "Sec-CH-UA", `"Brave";v="1"`, "Sec-CH-UA-Mobile", "?0", "Sec-CH-UA-Platform", `"Linux"`))
	require.Equal(t, 200, w.Code)
	require.Equal(t, session.Hints{Brands: `"Brave";v="1"`, Mobile: "?0", Platform: `"Linux"`}, got)
}
