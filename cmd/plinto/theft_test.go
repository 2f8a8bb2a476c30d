package main_test

import "testing"

// A copy that is presented right behind its owner each time gets what the owner
// gets; one that is left behind once ends the session for both. How long theft
// runs unfound is measured in core/app, where time can be moved.
func TestACopyFollowsOrIsFound(t *testing.T) {
	i := start(t, t.TempDir(), fast...)
	var in signIn
	i.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201, &in)
	refresh := func(text string) answer {
		return i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": text})
	}
	owner, thief := in.Tokens, in.Tokens
	for range 5 {
		refresh(owner.Refresh).want(200, &owner)
		refresh(thief.Refresh).want(200, &thief)
		if owner.Refresh != thief.Refresh {
			t.Fatal("two presentations of one token got different successors")
		}
	}
	for range 2 {
		refresh(owner.Refresh).want(200, &owner)
	}
	refresh(thief.Refresh).fault(401, "invalid_refresh_token")
	refresh(owner.Refresh).fault(401, "invalid_refresh_token")
	for _, held := range []tokens{owner, thief} {
		i.call("GET", "/api/v1/sessions", held.Access, nil).fault(401, "invalid_token")
	}
}
