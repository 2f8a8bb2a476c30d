package mailapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/mailapi"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

var providers = []mailapi.Provider{mailapi.Generic, mailapi.Postmark, mailapi.Resend, mailapi.SendGrid, mailapi.Mailgun}

func TestContract(t *testing.T) {
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			porttest.Mailer(t, func(t *testing.T) *porttest.MailService {
				s := serve(t, p)
				hosted := &porttest.MailService{Mailer: mailer(t, s.options())}
				hosted.Accepted = func() []porttest.AcceptedMail {
					var all []porttest.AcceptedMail
					for _, r := range s.taken() {
						all = append(all, r.read(t, p))
					}
					return all
				}
				hosted.Refuse = func(to string) {
					status, body := s.refusal(to)
					s.answer = func(w http.ResponseWriter, _ *http.Request) {
						w.WriteHeader(status)
						_, _ = io.WriteString(w, body)
					}
				}
				hosted.Busy = func() { s.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) } }
				hosted.Away = s.Close
				hosted.Lose = func() { s.answer = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) } }
				return hosted
			})
		})
	}
}

func message() outbound.Message {
	return outbound.Message{
		ID: mail.ID{15: 7}, Kind: mail.MagicLink, To: "ann@example.com", Subject: "Your link", Text: "a link", HTML: "<p>a link</p>", Locale: "en",
	}
}

func ready() error { return nil }

// The very bytes that each service gets.
func TestRequests(t *testing.T) {
	const id, messageID = "00000000-0000-0000-0000-000000000007", "\\u003c00000000-0000-0000-0000-000000000007@example.com\\u003e"
	const body, from = `\u003cp\u003ea link\u003c/p\u003e`, `\"Plinto\" \u003cno-reply@example.com\u003e`
	for p, want := range map[mailapi.Provider]struct {
		header map[string]string
		body   string
	}{
		mailapi.Generic: {
			map[string]string{"Authorization": "Bearer " + key, "Idempotency-Key": id},
			`{"id":"` + id + `","kind":"magic_link","message_id":"` + messageID + `","from":{"name":"Plinto","address":"no-reply@example.com"},` +
				`"reply_to":"help@example.com","to":"ann@example.com","subject":"Your link","text":"a link","html":"` + body + `","locale":"en"}`,
		},
		mailapi.Postmark: {
			map[string]string{"X-Postmark-Server-Token": key, "Authorization": ""},
			`{"From":"` + from + `","To":"ann@example.com","ReplyTo":"help@example.com","Subject":"Your link","TextBody":"a link","HtmlBody":"` + body + `",` +
				`"Tag":"magic_link","TrackOpens":false,"TrackLinks":"None","MessageStream":"outbound","Headers":[{"Name":"Auto-Submitted","Value":"auto-generated"},` +
				`{"Name":"Message-ID","Value":"` + messageID + `"},{"Name":"X-Auto-Response-Suppress","Value":"All"},{"Name":"X-PM-KeepID","Value":"true"}]}`,
		},
		mailapi.Resend: {
			map[string]string{"Authorization": "Bearer " + key, "Idempotency-Key": id},
			`{"from":"` + from + `","to":["ann@example.com"],"reply_to":"help@example.com","subject":"Your link","text":"a link","html":"` + body + `",` +
				`"headers":{"Auto-Submitted":"auto-generated","X-Auto-Response-Suppress":"All"},"tags":[{"name":"kind","value":"magic_link"}]}`,
		},
		mailapi.SendGrid: {
			map[string]string{"Authorization": "Bearer " + key},
			`{"personalizations":[{"to":[{"email":"ann@example.com"}]}],"from":{"email":"no-reply@example.com","name":"Plinto"},"reply_to":{"email":"help@example.com"},` +
				`"subject":"Your link","content":[{"type":"text/plain","value":"a link"},{"type":"text/html","value":"` + body + `"}],` +
				`"headers":{"Auto-Submitted":"auto-generated","Message-ID":"` + messageID + `","X-Auto-Response-Suppress":"All"},"categories":["magic_link"],` +
				`"tracking_settings":{"click_tracking":{"enable":false,"enable_text":false},"open_tracking":{"enable":false}}}`,
		},
		mailapi.Mailgun: {
			map[string]string{"Authorization": "Basic YXBpOnRoZS1rZXktb2YtdGhlLWFjY291bnQ=", "Content-Type": "application/x-www-form-urlencoded"},
			url.Values{
				"from": {`"Plinto" <no-reply@example.com>`}, "to": {"ann@example.com"}, "subject": {"Your link"}, "text": {"a link"}, "html": {"<p>a link</p>"},
				"o:tag": {"magic_link"}, "o:tracking": {"no"}, "o:tracking-clicks": {"no"}, "o:tracking-opens": {"no"}, "h:Message-Id": {"<" + id + "@example.com>"},
				"h:Reply-To": {"help@example.com"}, "h:Auto-Submitted": {"auto-generated"}, "h:X-Auto-Response-Suppress": {"All"},
			}.Encode(),
		},
	} {
		s := serve(t, p)
		require.NoError(t, mailer(t, s.options()).Send(t.Context(), message(), ready))
		got := s.taken()[0]
		require.Equal(t, "POST", got.method)
		require.Equal(t, "/mail", got.path)
		require.Equal(t, want.body, got.body, p)
		require.Equal(t, "Plinto", got.header.Get("User-Agent"))
		for name, value := range want.header {
			require.Equal(t, value, got.header.Get(name), "%s %s", p, name)
		}
		if p != mailapi.Mailgun {
			require.Equal(t, "application/json", got.header.Get("Content-Type"))
		}
	}
}

func TestEndpoints(t *testing.T) {
	for p, want := range map[mailapi.Provider]string{
		mailapi.Postmark: "https://api.postmarkapp.com/email", mailapi.Resend: "https://api.resend.com/emails",
		mailapi.SendGrid: "https://api.sendgrid.com/v3/mail/send", mailapi.Mailgun: "https://api.mailgun.net/v3/example.com/messages",
	} {
		s := serve(t, p)
		o := s.options()
		o.URL, o.Transport = "", &http.Transport{Proxy: func(r *http.Request) (*url.URL, error) {
			require.Equal(t, want, r.URL.String())
			return nil, errors.New("not from a test")
		}}
		require.ErrorIs(t, mailer(t, o).Send(t.Context(), message(), ready), outbound.ErrUnsent)
	}
}

// What an answer means for the message.
func TestAnswers(t *testing.T) {
	const rejected, again, unknown = "rejected", "again", "unknown"
	for status, want := range map[int]string{
		200: "", 201: "", 202: "", 204: "", 301: again, 302: again, 307: again, 308: again, 400: rejected, 401: again, 402: again, 403: again,
		404: again, 405: again, 408: again, 409: unknown, 413: rejected, 415: again, 422: rejected, 425: again, 429: again, 451: rejected,
		500: again, 501: again, 502: unknown, 503: again, 504: unknown, 520: unknown, 521: again, 524: unknown,
	} {
		s := serve(t, mailapi.Generic)
		hits := 0
		s.answer = func(w http.ResponseWriter, _ *http.Request) {
			hits++
			w.Header().Set("Location", s.URL+"/elsewhere")
			w.WriteHeader(status)
			if status != http.StatusNoContent {
				_, _ = io.WriteString(w, `{"message":"because"}`)
			}
		}
		err := mailer(t, s.options()).Send(t.Context(), message(), ready)
		require.Equal(t, 1, hits, "%d: no redirect is followed and nothing is sent twice", status)
		refusal, ok := errors.AsType[*outbound.RejectedError](err)
		got := unknown
		switch {
		case err == nil:
			got = ""
		case ok:
			got = rejected
			require.Equal(t, &outbound.RejectedError{Code: status, Reason: "because"}, refusal)
		case errors.Is(err, outbound.ErrUnsent):
			got = again
			require.ErrorContains(t, err, "because", "operators are told why")
		}
		require.Equal(t, want, got, status)
	}
}

func TestAnAccountIsNotTheMessage(t *testing.T) {
	s := serve(t, mailapi.Postmark)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(422)
		_, _ = io.WriteString(w, `{"ErrorCode":400,"Message":"The 'From' address is not a Sender Signature"}`)
	}
	err := mailer(t, s.options()).Send(t.Context(), message(), ready)
	require.ErrorIs(t, err, outbound.ErrUnsent)
	require.ErrorContains(t, err, "not a Sender Signature")
}

func TestRetryAfter(t *testing.T) {
	for field, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "999999": time.Hour, "-1": 0, "soon": 0, "Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second, "Fri, 02 Jan 2026 03:00:00 GMT": 0,
	} {
		s := serve(t, mailapi.Resend)
		s.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Fri, 02 Jan 2026 03:04:05 GMT")
			w.Header().Set("Retry-After", field)
			w.WriteHeader(429)
		}
		err := mailer(t, s.options()).Send(t.Context(), message(), ready)
		require.ErrorIs(t, err, outbound.ErrUnsent)
		busy, told := errors.AsType[*outbound.BusyError](err)
		require.Equal(t, want > 0, told, field)
		if told {
			require.Equal(t, want, busy.RetryAfter)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	s := serve(t, mailapi.Generic)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(422)
		_, _ = io.WriteString(w, `{"message":"`+strings.Repeat("x", 64<<10)+`"}`)
	}
	err := mailer(t, s.options()).Send(t.Context(), message(), ready)
	require.Equal(t, &outbound.RejectedError{Code: 422}, err, "what is too long is not read to its end")
}

func TestKeyIsInNoError(t *testing.T) {
	for _, p := range providers {
		s := serve(t, p)
		for _, answer := range []func(w http.ResponseWriter, r *http.Request){
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) },
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		} {
			s.answer = answer
			err := mailer(t, s.options()).Send(t.Context(), message(), ready)
			require.Error(t, err)
			require.NotContains(t, err.Error(), key)
			require.NotContains(t, err.Error(), "127.0.0.1", "an endpoint may be a secret too")
		}
	}
}

func TestSlowService(t *testing.T) {
	s := serve(t, mailapi.Generic)
	release := make(chan struct{})
	s.answer = func(http.ResponseWriter, *http.Request) { <-release }
	o := s.options()
	o.Timeout = 100 * time.Millisecond
	begun := 0
	err := mailer(t, o).Send(t.Context(), message(), func() error { begun++; return nil })
	close(release)
	require.Equal(t, 1, begun)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, outbound.ErrUnsent, "it may have been taken")
}

func TestCertificates(t *testing.T) {
	s := serve(t, mailapi.Generic)
	o := s.options()
	o.Transport = nil
	err := mailer(t, o).Send(t.Context(), message(), func() error { t.Error("begun"); return nil })
	require.ErrorIs(t, err, outbound.ErrUnsent)
	require.ErrorContains(t, err, "certificate")
	require.Empty(t, s.taken())
}

func TestPlainHTTPOnThisMachine(t *testing.T) {
	got := 0
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got++ }))
	t.Cleanup(plain.Close)
	o := serve(t, mailapi.Generic).options()
	o.URL, o.Transport = plain.URL, nil
	require.NoError(t, mailer(t, o).Send(t.Context(), message(), ready))
	require.Equal(t, 1, got)
}

func TestOptions(t *testing.T) {
	good := serve(t, mailapi.Generic).options()
	for why, spoil := range map[string]func(o *mailapi.Options){
		"no provider":      func(o *mailapi.Options) { o.Provider = "pigeon" },
		"no key":           func(o *mailapi.Options) { o.Key = "" },
		"not one line":     func(o *mailapi.Options) { o.Key = "a\r\nb" },
		"no sender":        func(o *mailapi.Options) { o.From.Address = "" },
		"not a web addr":   func(o *mailapi.Options) { o.URL = "" },
		"needs https":      func(o *mailapi.Options) { o.URL = "http://mail.example.com/" },
		"endpoint is not ": func(o *mailapi.Options) { o.URL = "https://user:pw@mail.example.com/" },
	} {
		o := good
		spoil(&o)
		_, err := mailapi.New(o)
		require.ErrorContains(t, err, why)
		require.NotContains(t, err.Error(), "pw@")
	}
}
