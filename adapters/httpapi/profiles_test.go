package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

const (
	mePath = "/api/v1/users/me"
	annTag = `"01000000-0000-0000-0000-000000000000.7"`
)

func TestAMergePatchTellsAbsentFromNull(t *testing.T) {
	f := newFakes()
	var got inbound.ProfileUpdate
	f.update = func(_ context.Context, _ inbound.Caller, _ inbound.Principal, cmd inbound.ProfileUpdate) (user.User, error) {
		got = cmd
		return ann(), nil
	}
	s := start(t, f)
	for _, kind := range []string{"application/json", "application/merge-patch+json"} {
		r := asking("PATCH", mePath, `{"username":"ann","first_name":"Z\u006fë","last_name":null,"timezone":"","user_metadata":{"a":{"b":null}}}`)
		r.Header.Set("Content-Type", kind)
		require.Equal(t, 200, s.do(r).Code)
		require.Equal(t, user.Edits{
			Username: user.Set("ann"), FirstName: user.Set("Zoë"), LastName: user.Remove(), Timezone: user.Set(""), Metadata: user.Set(`{"a":{"b":null}}`),
		}, got.Edits)
	}
	require.Equal(t, 200, s.do(asking("PATCH", mePath, `{"user_metadata":null}`)).Code)
	require.Equal(t, user.Edits{Metadata: user.Remove()}, got.Edits)
	require.Equal(t, 200, s.do(asking("PATCH", mePath, `{}`)).Code)
	require.Equal(t, user.Edits{}, got.Edits)

	other := asking("POST", "/api/v1/auth/password/change", changeOK)
	other.Header.Set("Content-Type", "application/merge-patch+json")
	refused(t, s.do(other), 415, fault.UnsupportedMediaType)
}

func TestWhatAPatchMayNotSay(t *testing.T) {
	f := newFakes()
	f.update = nil
	f.checkUpdate = func(cmd inbound.ProfileUpdate) []fault.Field {
		_, faults := user.ParseChanges(cmd.Edits)
		return faults
	}
	s := start(t, f)
	for body, want := range map[string][]string{
		`{"email":"x@example.com","status":"active","administrator":true,"id":"x","email_verified":true,"password":"x"}`: {
			"body.email not_allowed", "body.status not_allowed", "body.administrator not_allowed", "body.id not_allowed",
			"body.email_verified not_allowed", "body.password not_allowed",
		},
		`{"nickname":"x","First_Name":"x"}`:                  {"body.nickname unknown_field", "body.First_Name unknown_field"},
		`{"first_name":5,"locale":["de"],"user_metadata":1}`: {"body.first_name wrong_type", "body.locale wrong_type", "body.user_metadata wrong_type"},
		`{"user_metadata":"{}","phone_number":"+1 555"}`:     {"body.user_metadata wrong_type", "body.phone_number invalid_phone_number"},
		`{"user_metadata":[]}`:                               {"body.user_metadata wrong_type"},
		`{"user_metadata":{"a":"\u0000"}}`:                   {"body.user_metadata invalid_characters"},
		`{"email":"x","timezone":"Mars/Base","locale":"xx_"}`: {
			"body.email not_allowed", "body.timezone unknown_timezone", "body.locale invalid_locale",
		},
		`{"profile_image_url":"javascript:alert(1)"}`: {"body.profile_image_url invalid_url"},
	} {
		w := s.do(asking("PATCH", mePath, body))
		_, faults := refused(t, w, 422, fault.ValidationError)
		require.ElementsMatch(t, want, faults, body)
		require.NotContains(t, w.Body.String(), "alert")
	}
	refused(t, s.do(asking("PATCH", mePath, `{"user_metadata":{"a":1,"a":2}}`)), 400, fault.MalformedRequest)
	refused(t, s.do(asking("PATCH", mePath, `{"user_metadata":`+strings.Repeat(`{"a":`, 20)+`1`+strings.Repeat(`}`, 20)+`}`)), 400, fault.MalformedRequest)
	refused(t, s.do(asking("PATCH", mePath, `[]`)), 422, fault.ValidationError)
	refused(t, s.do(ask("PATCH", mePath, updateOK)), 401, fault.NotAuthenticated)
	refused(t, s.do(ask("DELETE", mePath, proofOK)), 401, fault.NotAuthenticated)
}

func TestTagsOfAnAccount(t *testing.T) {
	f := newFakes()
	var match user.Match
	f.update = func(_ context.Context, _ inbound.Caller, _ inbound.Principal, cmd inbound.ProfileUpdate) (user.User, error) {
		match = cmd.Match
		u := ann()
		u.Revision = 8
		return u, nil
	}
	f.erase = func(_ context.Context, _ inbound.Caller, _ inbound.Principal, cmd inbound.Erasure) error {
		match = cmd.Match
		return nil
	}
	s := start(t, f)
	as := func(method, path, body string, headers ...string) *http.Request {
		return ask(method, path, body, append([]string{"Authorization", "Bearer " + goodToken}, headers...)...)
	}
	for _, path := range []string{mePath, "/api/v1/auth/me"} {
		w := s.do(as("GET", path, ""))
		require.Equal(t, annTag, w.Header().Get("ETag"))
		for _, known := range []string{annTag, "W/" + annTag, `"x", ` + annTag, "*"} {
			w = s.do(as("GET", path, "", "If-None-Match", known))
			require.Equal(t, 304, w.Code, known)
			require.Empty(t, w.Body.String())
			require.Equal(t, annTag, w.Header().Get("ETag"))
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			secure(t, w.Header())
		}
		require.Equal(t, 200, s.do(as("GET", path, "", "If-None-Match", `"01000000-0000-0000-0000-000000000000.6"`)).Code)
	}
	w := s.do(as("PATCH", mePath, updateOK, "If-None-Match", "*"))
	require.Equal(t, 200, w.Code)
	require.Equal(t, `"01000000-0000-0000-0000-000000000000.8"`, w.Header().Get("ETag"))

	for _, c := range []struct {
		headers []string
		admits  []int64 // of 6, 7 and 8
	}{
		{nil, []int64{6, 7, 8}},
		{[]string{"If-Match", "*"}, []int64{6, 7, 8}},
		{[]string{"If-Match", annTag}, []int64{7}},
		{[]string{"If-Match", `"x", ` + annTag, "If-Match", `"01000000-0000-0000-0000-000000000000.8"`}, []int64{7, 8}},
		{[]string{"If-Match", "W/" + annTag}, nil},
		{[]string{"If-Match", `"02000000-0000-0000-0000-000000000000.7"`}, nil},
		{[]string{"If-Match", "7"}, nil},
		{[]string{"If-Match", `"7"`}, nil},
		{[]string{"If-Match", ","}, nil},
		{[]string{"If-Match", `"01000000-0000-0000-0000-000000000000.-7"`}, nil},
		{[]string{"If-Match", `"01000000-0000-0000-0000-000000000000.7x"`}, nil},
	} {
		for method, body := range map[string]string{"PATCH": updateOK, "DELETE": proofOK} {
			require.Less(t, s.do(as(method, mePath, body, c.headers...)).Code, 300)
			var admits []int64
			for _, revision := range []int64{6, 7, 8} {
				if match.Admits(revision) {
					admits = append(admits, revision)
				}
			}
			require.Equal(t, c.admits, admits, c.headers)
		}
	}
	f.update = func(context.Context, inbound.Caller, inbound.Principal, inbound.ProfileUpdate) (user.User, error) {
		return user.User{}, fault.New(fault.PreconditionFailed)
	}
	refused(t, s.do(as("PATCH", mePath, updateOK, "If-Match", annTag)), 412, fault.PreconditionFailed)
}

func TestTagsOfASession(t *testing.T) {
	f := newFakes()
	s := start(t, f)
	const path = "/api/v1/sessions/03000000-0000-0000-0000-000000000000"
	as := func(method, path string, headers ...string) *http.Request {
		return ask(method, path, "", append([]string{"Authorization", "Bearer " + goodToken}, headers...)...)
	}
	tag := s.do(as("GET", path)).Header().Get("ETag")
	require.Regexp(t, `^"[A-Za-z0-9_-]{22}"$`, tag)
	current := s.do(as("GET", "/api/v1/sessions/current")).Header().Get("ETag")
	require.NotEqual(t, tag, current)
	require.Equal(t, 304, s.do(as("GET", path, "If-None-Match", tag)).Code)
	require.Equal(t, 304, s.do(as("GET", "/api/v1/sessions/current", "If-None-Match", current)).Code)
	require.Equal(t, 200, s.do(as("GET", path, "If-None-Match", current)).Code)

	for _, good := range []string{tag, "*", current + "," + tag} {
		require.Equal(t, 204, s.do(as("DELETE", path, "If-Match", good)).Code, good)
	}
	f.revoke = nil
	for _, bad := range []string{current, "W/" + tag, "x", `""`} {
		refused(t, s.do(as("DELETE", path, "If-Match", bad)), 412, fault.PreconditionFailed)
	}
	f.get = func(context.Context, inbound.Principal, session.ID) (inbound.SessionDetail, error) {
		return inbound.SessionDetail{}, fault.New(fault.NotFound)
	}
	refused(t, s.do(as("DELETE", path, "If-Match", tag)), 404, fault.NotFound)
}

func TestAnErasureByHTTP(t *testing.T) {
	f := newFakes()
	var passwords []string
	f.erase = func(_ context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.Erasure) error {
		require.Equal(t, requestID, c.RequestID)
		require.Equal(t, user.ID{1}, who.User)
		passwords = append(passwords, cmd.Password.Reveal())
		return nil
	}
	s := start(t, f)
	for _, body := range []string{proofOK, `{}`, `{"password":null}`} {
		require.Equal(t, 204, s.do(asking("DELETE", mePath, body)).Code)
	}
	require.Equal(t, []string{"correct horse battery", "", ""}, passwords)
	refused(t, s.do(asAnn("DELETE", mePath)), 415, fault.UnsupportedMediaType)
	refused(t, s.do(asking("DELETE", mePath, `{"reason":"x"}`)), 422, fault.ValidationError)
	for code, status := range map[fault.Code]int{fault.WrongPassword: 400, fault.ReauthenticationRequired: 401, fault.Conflict: 409} {
		f.erase = func(context.Context, inbound.Caller, inbound.Principal, inbound.Erasure) error {
			return fault.New(code)
		}
		refused(t, s.do(asking("DELETE", mePath, proofOK)), status, code)
	}
}

func TestAnExportIsAFile(t *testing.T) {
	f := newFakes()
	s := start(t, f)
	w := s.do(asAnn("GET", mePath+"/export"))
	require.Equal(t, 200, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, `attachment; filename="account.json"`, w.Header().Get("Content-Disposition"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	secure(t, w.Header())

	export := f.export
	f.export = func(ctx context.Context, c inbound.Caller, who inbound.Principal) (inbound.PersonalData, error) {
		data, err := export(ctx, c, who)
		data.Events = func(yield func(event.Recorded, error) bool) { yield(event.Recorded{}, errors.New("hunter2")) }
		return data, err
	}
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { s.do(asAnn("GET", mePath+"/export")) }, "half an answer is none")
	require.Contains(t, s.log.String(), "hunter2")

	f.export = func(context.Context, inbound.Caller, inbound.Principal) (inbound.PersonalData, error) {
		return inbound.PersonalData{}, fault.New(fault.ReauthenticationRequired)
	}
	w = s.do(asAnn("GET", mePath+"/export"))
	refused(t, w, 401, fault.ReauthenticationRequired)
	require.Contains(t, w.Header().Get("WWW-Authenticate"), "insufficient_user_authentication")
	require.Empty(t, w.Header().Get("Content-Disposition"))
}
