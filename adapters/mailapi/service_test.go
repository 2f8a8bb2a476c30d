package mailapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/mailapi"
	"github.com/plinto/plinto/ports/porttest"
)

const key = "the-key-of-the-account"

// service stands in for a hosted mailer. Its hook answers instead of it.
type service struct {
	*httptest.Server
	t        *testing.T
	provider mailapi.Provider

	mu       sync.Mutex
	requests []request

	answer func(w http.ResponseWriter, r *http.Request) // nil accepts
}

type request struct {
	method, path string
	header       http.Header
	body         string
}

func serve(t *testing.T, p mailapi.Provider) *service {
	t.Helper()
	s := &service{t: t, provider: p}
	s.Server = httptest.NewTLSServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client gave up; it never was a message
	}
	if s.answer != nil {
		s.answer(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request{r.Method, r.URL.Path, r.Header, string(body)})
	if s.provider == mailapi.SendGrid {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	fmt.Fprint(w, `{"id":"1","message":"Queued. Thank you.","ErrorCode":0}`)
}

func (s *service) taken() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.requests...)
}

func (s *service) options() mailapi.Options {
	return mailapi.Options{
		Provider: s.provider, URL: s.URL + "/mail", Key: key,
		From: mail.Address{Name: "Plinto", Address: "no-reply@example.com"}, ReplyTo: "help@example.com",
		Timeout: 10 * time.Second, Transport: s.Client().Transport.(*http.Transport),
	}
}

func mailer(t *testing.T, o mailapi.Options) *mailapi.Mailer {
	t.Helper()
	m, err := mailapi.New(o)
	require.NoError(t, err)
	return m
}

// refusal is how a service says that it knows better.
func (s *service) refusal(to string) (status int, body string) {
	text, err := json.Marshal("'" + to + "' is not a mailbox, see https://docs.example.com/errors")
	require.NoError(s.t, err)
	switch s.provider {
	case mailapi.Postmark:
		return 422, `{"ErrorCode":406,"Message":` + string(text) + `}`
	case mailapi.SendGrid:
		return 400, `{"errors":[{"message":` + string(text) + `,"field":"to"}]}`
	case mailapi.Mailgun:
		return 400, `{"message":` + string(text) + `}`
	}
	return 422, `{"statusCode":422,"name":"validation_error","message":` + string(text) + `}`
}

// read finds a mail in a request.
func (r request) read(t *testing.T, p mailapi.Provider) porttest.AcceptedMail {
	t.Helper()
	if p == mailapi.Mailgun {
		form, err := url.ParseQuery(r.body)
		require.NoError(t, err)
		return porttest.AcceptedMail{To: form.Get("to"), Subject: form.Get("subject"), Text: form.Get("text"), HTML: form.Get("html")}
	}
	var m struct {
		To, Subject, Text, HTML, TextBody, HTMLBody any
		Personalizations                            []struct{ To []struct{ Email string } }
		Content                                     []struct{ Type, Value string }
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &m))
	got := porttest.AcceptedMail{Subject: m.Subject.(string)}
	switch p {
	case mailapi.Postmark:
		got.To, got.Text, got.HTML = m.To.(string), m.TextBody.(string), m.HTMLBody.(string)
	case mailapi.SendGrid:
		got.To, got.Text, got.HTML = m.Personalizations[0].To[0].Email, m.Content[0].Value, m.Content[1].Value
	case mailapi.Resend:
		got.To, got.Text, got.HTML = m.To.([]any)[0].(string), m.Text.(string), m.HTML.(string)
	default:
		got.To, got.Text, got.HTML = m.To.(string), m.Text.(string), m.HTML.(string)
	}
	return got
}
