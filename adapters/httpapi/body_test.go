package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
)

// untouched fails the test when anything is signed up.
func untouched(t testing.TB) *fakes {
	f := newFakes()
	f.signUp = func(context.Context, inbound.Caller, inbound.SignUp) (inbound.SignedIn, error) {
		t.Error("bad input reached the core")
		return inbound.SignedIn{User: ann()}, nil
	}
	return f
}

func TestBodiesThatAreNotJSON(t *testing.T) {
	s := start(t, untouched(t))
	for name, body := range map[string]string{
		"white space":            " \n",
		"cut":                    `{"email":"ann@example.com"`,
		"words":                  `email=ann`,
		"trailing comma":         `{"email":"a",}`,
		"comment":                `{"email":"a"/**/}`,
		"single quotes":          `{'email':'a'}`,
		"trailing data":          signUpOK + `{}`,
		"trailing word":          signUpOK + ` x`,
		"trailing bracket":       signUpOK + `]`,
		"trailing NUL":           signUpOK + "\x00",
		"duplicate names":        `{"email":"ann@example.com","email":"bob@example.com","password":"correct horse battery"}`,
		"duplicate by escape":    `{"email":"ann@example.com","\u0065mail":"bob@example.com","password":"correct horse battery"}`,
		"duplicate below":        `{"email":{"a":1,"a":2},"password":"correct horse battery"}`,
		"invalid UTF-8":          "{\"email\":\"ann\xff@example.com\",\"password\":\"correct horse battery\"}",
		"invalid UTF-8 in names": "{\"em\xc3\":1}",
		"overlong UTF-8":         "{\"email\":\"\xc0\x80\"}",
		"half a surrogate":       `{"email":"\ud800","password":"correct horse battery"}`,
		"raw NUL":                "{\"email\":\"ann\x00@example.com\"}",
		"raw newline":            "{\"email\":\"a\nb\"}",
		"byte order mark":        "\ufeff" + signUpOK,
		"deep arrays":            `{"email":` + strings.Repeat("[", 60000),
		"deep and closed":        `{"email":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`,
		"deep objects":           strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000),
		"NaN":                    `{"email":NaN}`,
		"leading zero":           `{"email":01}`,
		"bad escape":             `{"email":"\x41"}`,
		"UTF-16":                 "\xff\xfe{\x00}\x00",
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/api/v1/auth/signup", "/api/v1/auth/login", "/api/v1/auth/refresh"} {
				refused(t, s.do(ask("POST", path, body)), 400, fault.MalformedRequest)
			}
		})
	}
	r := ask("POST", "/api/v1/auth/signup", "", "Content-Type", "application/json")
	refused(t, s.do(r), 400, fault.MalformedRequest)
}

func TestBodiesOfTheWrongShape(t *testing.T) {
	const pass = `"password":"correct horse battery"`
	s := start(t, untouched(t))
	for body, want := range map[string][]string{
		`[]`:                       {"body wrong_type"},
		`[` + signUpOK + `]`:       {"body wrong_type"},
		`null`:                     {"body wrong_type"},
		`"text"`:                   {"body wrong_type"},
		`5`:                        {"body wrong_type"},
		`true`:                     {"body wrong_type"},
		`{}`:                       {"body.email missing", "body.password missing"},
		`{"email":5,` + pass + `}`: {"body.email wrong_type"},
		`{"email":["a"],"password":{"a":1},"username":false,"first_name":1e9}`: {
			"body.email wrong_type", "body.password wrong_type", "body.username wrong_type", "body.first_name wrong_type",
		},
		`{"email":null,"password":null}`:                                  {"body.email wrong_type", "body.password wrong_type"},
		`{"email":"ann@example.com",` + pass + `,"is_admin":true}`:        {"body.is_admin unknown_field"},
		`{"Email":"ann@example.com",` + pass + `}`:                        {"body.Email unknown_field", "body.email missing"},
		`{"email":"ann@example.com",` + pass + `,"EMAIL":"bob@x.org"}`:    {"body.EMAIL unknown_field"},
		`{"email":"ann@example.com",` + pass + `,"my secret: hunter2":1}`: {"body unknown_field"},
		`{"email":"ann@example.com",` + pass + `,"":1}`:                   {"body unknown_field"},
		`{"email":"ann\u0000@example.com",` + pass + `}`:                  {"body.email invalid_characters"},
		`{"email":"ann@example.com","password":"\u0000","username":"\u0000"}`: {
			"body.password invalid_characters", "body.username invalid_characters",
		},
		`{"email":{"a":["\u0000"]},` + pass + `}`: {"body.email invalid_characters"},
	} {
		w := s.do(ask("POST", "/api/v1/auth/signup", body))
		_, faults := refused(t, w, 422, fault.ValidationError)
		require.ElementsMatch(t, want, faults, body)
		require.NotContains(t, w.Body.String(), "hunter2")
	}
	// A backslash before u0000 is no NUL.
	require.Equal(t, 201, start(t, newFakes()).do(ask("POST", "/api/v1/auth/signup", `{"email":"ann@example.com","password":"\\u0000"}`)).Code)
}

func TestShapeAndValuesAreJudgedTogether(t *testing.T) {
	f := untouched(t)
	f.checkSignUp = func(cmd inbound.SignUp) []fault.Field {
		require.Equal(t, "short", cmd.Password.Reveal())
		require.Empty(t, cmd.Email)
		return []fault.Field{
			{Name: "email", Type: "missing", Message: "m"}, {Name: "password", Type: "too_short", Message: "m"},
		}
	}
	w := start(t, f).do(ask("POST", "/api/v1/auth/signup", `{"email":5,"password":"short","role":"admin"}`))
	_, faults := refused(t, w, 422, fault.ValidationError)
	require.Equal(t, []string{"body.email wrong_type", "body.role unknown_field", "body.password too_short"}, faults)
	require.NotContains(t, w.Body.String(), `"short"`)
	require.NotContains(t, w.Body.String(), `admin`)
}

func TestAnAnswerIsNotLargerThanItsCause(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"a":1`)
	for i := range 3000 {
		b.WriteString(`,"f` + strings.Repeat("x", i%9) + string(rune('a'+i%26)) + `_` + time.Duration(i).String() + `":1`)
	}
	b.WriteString("}")
	w := start(t, untouched(t)).do(ask("POST", "/api/v1/auth/signup", strings.ReplaceAll(b.String(), "µ", "u")))
	_, faults := refused(t, w, 422, fault.ValidationError)
	require.LessOrEqual(t, len(faults), 30)
}

func TestMediaTypes(t *testing.T) {
	s := start(t, newFakes())
	for ct, good := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "Application/JSON;charset=\"UTF-8\"": true,
		"": false, "text/plain": false, "application/x-www-form-urlencoded": false, "multipart/form-data; boundary=x": false,
		"application/json; charset=utf-16": false, "application/json; charset=iso-8859-1": false, "application/jsonx": false,
		"application/problem+json": false, "application/json, text/plain": false, ";": false, "application/json; charset": false,
	} {
		w := s.do(ask("POST", "/api/v1/auth/signin", signInOK, "Content-Type", "", "Content-Type", ct))
		if good {
			require.Equal(t, 200, w.Code, ct)
			continue
		}
		refused(t, w, 415, fault.UnsupportedMediaType)
	}
	refused(t, s.do(ask("POST", "/api/v1/auth/signin", signInOK, "Content-Type", "application/json")), 415, fault.UnsupportedMediaType)
	for _, coding := range []string{"gzip", "br", "identity, gzip", "x"} {
		refused(t, s.do(ask("POST", "/api/v1/auth/signin", signInOK, "Content-Encoding", coding)), 415, fault.UnsupportedMediaType)
	}
	require.Equal(t, 200, s.do(ask("POST", "/api/v1/auth/signin", signInOK, "Content-Encoding", "identity")).Code)
	// A route that takes no body does not care.
	require.Equal(t, 204, s.do(asking("POST", "/api/v1/auth/signout", "whatever")).Code)
}

// counting counts what is read of a body.
type counting struct {
	io.Reader
	n atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

const bodyLimit = 64 << 10

func padded(size int) string {
	const rest = `{"email":"ann@example.com","password":""}`
	return `{"email":"ann@example.com","password":"` + strings.Repeat("x", size-len(rest)) + `"}`
}

func TestBodiesAreBounded(t *testing.T) {
	s := start(t, newFakes())
	require.Equal(t, 200, s.do(ask("POST", "/api/v1/auth/signin", padded(bodyLimit))).Code)
	refused(t, s.do(ask("POST", "/api/v1/auth/signin", padded(bodyLimit+1))), 413, fault.BodyTooLarge)

	// Too long by its own word: nothing is read.
	body := &counting{Reader: strings.NewReader(padded(4 * bodyLimit))}
	r := httptest.NewRequest("POST", "/api/v1/auth/signin", body)
	r.ContentLength = 4 * bodyLimit
	r.Header.Set("Content-Type", "application/json")
	refused(t, s.do(r), 413, fault.BodyTooLarge)
	require.Zero(t, body.n.Load())

	// Of unknown length: no more is read than tells that it is too long.
	body = &counting{Reader: iotest.OneByteReader(strings.NewReader(padded(4 * bodyLimit)))}
	r = httptest.NewRequest("POST", "/api/v1/auth/signin", body)
	r.ContentLength = -1
	r.Header.Set("Content-Type", "application/json")
	refused(t, s.do(r), 413, fault.BodyTooLarge)
	require.LessOrEqual(t, body.n.Load(), int64(bodyLimit+1))

	// On a route that takes no body, and on none at all.
	refused(t, s.do(asking("POST", "/api/v1/auth/signout", strings.Repeat(" ", bodyLimit+1))), 413, fault.BodyTooLarge)
	refused(t, s.do(ask("POST", "/nowhere", strings.Repeat(" ", bodyLimit+1))), 413, fault.BodyTooLarge)
}

func TestABodyThatBreaksOff(t *testing.T) {
	s := start(t, newFakes())
	r := httptest.NewRequest("POST", "/api/v1/auth/signin", io.MultiReader(strings.NewReader(`{"email":`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	r.Header.Set("Content-Type", "application/json")
	refused(t, s.do(r), 400, fault.MalformedRequest)
}

func TestBodiesOverARealConnection(t *testing.T) {
	srv := httptest.NewServer(start(t, newFakes()))
	defer srv.Close()
	post := func(body io.Reader) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/api/v1/auth/signin", body)
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.ContentLength = -1 // chunked
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		return res
	}
	for size, status := range map[int]int{1000: 200, bodyLimit: 200, bodyLimit + 1: 413} {
		res := post(io.MultiReader(strings.NewReader(padded(size))))
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, status, res.StatusCode)
		require.Equal(t, status == 413, res.Close, "the rest of a long body is not waited for")
		secure(t, res.Header)
		require.True(t, json.Valid(body))
	}

	// A client that promises much and waits to be told: it is not told to go on.
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.WriteString(conn, "POST /api/v1/auth/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: 99999999999\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(answer, []byte("HTTP/1.1 413 ")), string(answer))
	require.Contains(t, string(answer), "body_too_large")
}

func FuzzBodies(f *testing.F) {
	for _, seed := range []string{signUpOK, `{}`, `[`, `{"email":"\u0000"}`, `{"password":null,"x":{"y":[1]}}`, "\xff", `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	fakes := newFakes()
	var got inbound.SignUp
	fakes.signUp = func(_ context.Context, _ inbound.Caller, cmd inbound.SignUp) (inbound.SignedIn, error) {
		got = cmd
		return inbound.SignedIn{User: ann()}, nil
	}
	s := start(f, fakes)
	f.Fuzz(func(t *testing.T, body []byte) {
		s.log.Reset()
		r := httptest.NewRequest("POST", "/api/v1/auth/signup", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := s.do(r)
		switch w.Code {
		case 400, 413, 422:
			require.True(t, json.Valid(w.Body.Bytes()))
		case 201:
			// What was taken means to encoding/json what it means here.
			var again map[string]*string
			require.NoError(t, json.Unmarshal(body, &again))
			require.Equal(t, *again["email"], got.Email)
			require.Equal(t, *again["password"], got.Password.Reveal())
			require.NotContains(t, got.Email+got.Password.Reveal()+got.FirstName, "\x00")
		default:
			t.Fatalf("status %d", w.Code)
		}
	})
}
