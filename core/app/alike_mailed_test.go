package app_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// quietly is a stranger at an instance where sign-ups say nothing. The mails
// about the accounts so far are done with.
func (w *world) quietly() *stranger {
	w.t.Helper()
	w.exec("DELETE FROM mails")
	quiet := w.instance(func(_ *outbound.World, p *app.Policy) { p.HiddenSignUps = true })
	require.NoError(w.t, quiet.Keys.Load(w.t.Context()))
	require.NoError(w.t, quiet.Revocations.Load(w.t.Context()))
	api, err := httpapi.New(quiet, httpapi.Options{Environment: "test", Now: w.clock.Now, HiddenSignUps: true})
	require.NoError(w.t, err)
	return &stranger{t: w.t, api: api}
}

// asking is each question whose answer comes by mail. An address of the unknown
// kind is a new one each time: a sign-up makes an account of it.
func asking(w *world) map[string]func(kind string) question {
	n := 0
	address := func(kind string) string {
		if kind == "unknown" {
			n++
			return fmt.Sprintf("unknown%d@example.com", n)
		}
		return kind + "@example.com"
	}
	bearer := w.signUp("stranger@example.com").Tokens.Access
	return map[string]func(kind string) question{
		"forgot": func(kind string) question {
			return question{path: "/api/v1/auth/password/forgot", body: `{"email":"` + address(kind) + `"}`}
		},
		"magic link": func(kind string) question {
			return question{path: "/api/v1/auth/magic-link", body: `{"email":"` + address(kind) + `"}`}
		},
		"sign-up": func(kind string) question {
			return question{path: "/api/v1/auth/signup", body: `{"email":"` + address(kind) + `","password":"` + password + `"}`}
		},
		"change of address": func(kind string) question {
			return question{path: "/api/v1/users/me/email", body: `{"new_email":"` + address(kind) + `"}`, bearer: bearer}
		},
	}
}

// mailLimits are the same for each question.
func mailLimits(_ *outbound.World, p *app.Policy) {
	rules := guard.Mailed{
		Address: []limit.Rule{{Name: "mail", Quota: 1000, Window: time.Hour}}, Account: []limit.Rule{{Name: "mail-account", Quota: 3, Window: time.Hour}},
	}
	p.Limits.Mail = guard.MailRules{Forgot: rules, MagicLink: rules, ChangeEmail: rules, Resend: rules, SignUp: rules.Account}
}

// What is asked for by mail is answered by mail alone: whoever asks sees the
// same, with the refusals when it is too often. Of an address that is nobody's
// the same one is asked each time, so that it is counted as well.
func TestMailedFlowsLookAlikeToStrangers(t *testing.T) {
	for _, what := range []string{"forgot", "magic link", "sign-up", "change of address"} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, withMail, mailLimits)
			kinds, about := w.kinds(), asking(w)[what]
			s, unknown := w.quietly(), about("unknown")
			for round := range 5 {
				want := http.StatusAccepted
				if round >= 3 {
					want = http.StatusTooManyRequests
				}
				var first *httptest.ResponseRecorder
				for _, kind := range kinds {
					q := unknown
					if kind != "unknown" {
						q = about(kind)
					}
					got := s.ask(q)
					require.Equal(t, want, got.Code, "%s, round %d: %s", kind, round, got.Body)
					if first == nil {
						first = got
					}
					require.Equal(t, first.Body.String(), got.Body.String(), kind)
					require.Equal(t, first.Header(), got.Header(), kind)
				}
			}
			require.Equal(t, 3*len(kinds), w.count("SELECT count(*) FROM mails"), "one for each that was taken")
		})
	}
}

// Who asks for another mail that verifies an address has a session of that
// account, and so nobody asks about another's. Whether it has a password is not
// to be seen, and a suspended one's session is refused like any that is over.
func TestResendingLooksAlike(t *testing.T) {
	w := newWorld(t, withMail)
	ann, bare, gone, out := w.signUp("ann@example.com"), w.signUp("bare@example.com"), w.signUp("gone@example.com"), w.signUp("out@example.com")
	w.exec("DELETE FROM passwords WHERE user_id = '" + bare.User.ID.String() + "'")
	_, err := w.Operators.Suspend(t.Context(), gone.User.ID, "")
	require.NoError(t, err)
	require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), out.Tokens.Access))

	s := w.stranger()
	resend := func(in inbound.SignedIn) *httptest.ResponseRecorder {
		return s.ask(question{path: "/api/v1/auth/email/resend-verification", bearer: in.Tokens.Access})
	}
	for want, pair := range map[int][2]inbound.SignedIn{http.StatusAccepted: {ann, bare}, http.StatusUnauthorized: {gone, out}} {
		a, b := resend(pair[0]), resend(pair[1])
		require.Equal(t, want, a.Code, a.Body)
		require.Equal(t, want, b.Code, b.Body)
		require.Equal(t, a.Body.String(), b.Body.String())
		require.Equal(t, a.Header(), b.Header())
	}
}

func TestMailedFlowsTakeTheSameTime(t *testing.T) {
	for _, what := range []string{"forgot", "magic link", "sign-up", "change of address"} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, withMail, func(o *outbound.World, _ *app.Policy) { o.Hasher = slow{o.Hasher} })
			kinds, about := w.kinds(), asking(w)[what]
			s := w.quietly()
			s.alike(kinds, about)
			require.Equal(t, s.asked, w.count("SELECT count(*) FROM mails"), "nobody was refused")
		})
	}
}

// What the test would say if a mail were written while its reader waits, or a
// password hashed only where it is kept.
func TestMailsThatAreWrittenAtOnceAreToldByTime(t *testing.T) {
	for _, what := range []string{"forgot", "magic link", "change of address"} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, withMail, func(o *outbound.World, _ *app.Policy) { o.Store = &eager{Store: o.Store, random: o.Random} })
			w.kinds()
			about := asking(w)[what]
			// Those that may not act get no link, and so are between the others.
			w.quietly().different([]string{"wrong", "control", "verified", "nopassword", "unknown"}, []string{"unknown"}, about)
		})
	}
	t.Run("sign-up", func(t *testing.T) {
		skipped := &sparing{}
		w := newWorld(t, withMail, func(o *outbound.World, _ *app.Policy) {
			skipped.Hasher = slow{o.Hasher}
			o.Hasher = skipped
		})
		kinds, about := w.kinds(), asking(w)["sign-up"]
		w.quietly().different(kinds, []string{"unknown"}, func(kind string) question {
			skipped.taken = kind != "unknown"
			return about(kind)
		})
	})
}

// eager makes the link for an account before it answers: more than once, so that
// it stands out from the rest.
type eager struct {
	outbound.Store
	random outbound.Random
	wrote  time.Duration // of the clock that stands still, so that the newest link wins
}

type eagerOutbox struct {
	outbound.Outbox
	store *eager
}

func (e *eager) Outbox() outbound.Outbox { return eagerOutbox{e.Store.Outbox(), e} }

func (o eagerOutbox) Add(ctx context.Context, list ...mail.Mail) error {
	e := o.store
	for _, m := range list {
		to, _ := user.ParseEmail(m.To)
		owner, _, err := e.Users().ForSignIn(ctx, m.Tenant, user.Identifier{Email: to})
		if errors.Is(err, outbound.ErrNotFound) {
			continue
		}
		for range 4 {
			e.wrote += time.Microsecond
			keep := func(ctx context.Context, tx outbound.Repositories) error {
				return tx.MailedTokens().Keep(ctx, onetime.Grant{
					Tenant: m.Tenant, User: owner.ID, Purpose: onetime.ResetPassword,
					Hash:    onetime.Token{Purpose: onetime.ResetPassword, Secret: e.random.Secret()}.Hash(),
					Address: to, AskedAt: m.CreatedAt.Add(e.wrote), ExpiresAt: m.CreatedAt.Add(time.Hour),
				})
			}
			if err := errors.Join(err, e.Atomically(ctx, keep)); err != nil {
				return err
			}
		}
	}
	return o.Outbox.Add(ctx, list...)
}

// sparing hashes no password of an address that is taken.
type sparing struct {
	outbound.Hasher
	taken bool
}

func (h *sparing) Hash(ctx context.Context, p credential.Password) (string, error) {
	if h.taken {
		return "none", nil
	}
	return h.Hasher.Hash(ctx, p)
}
