package porttest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// MailService is a mailer and the service that it hands mails to. What a
// service cannot do is nil, and the cases that need it are left out; an adapter
// says beside it why.
type MailService struct {
	Mailer outbound.Mailer

	Accepted func() []AcceptedMail // in order
	Refuse   func(to string)       // from now on for good, with an answer that quotes the recipient
	Busy     func()                // from now on for the moment
	Away     func()                // from now on it cannot be reached
	Lose     func()                // from now on it takes messages and never says so
}

// AcceptedMail is what a service took over.
type AcceptedMail struct{ To, Subject, Text, HTML string }

// Mailer is the contract of outbound.Mailer.
func Mailer(t *testing.T, open func(t *testing.T) *MailService) {
	for name, test := range map[string]func(t *testing.T, s *MailService){
		"HandsOver": testMailerHandsOver, "Malformed": testMailerMalformed, "BeginErrs": testMailerBeginErrs,
		"Cancelled": testMailerCancelled, "Many": testMailerMany,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	for name, c := range map[string]struct {
		has  func(*MailService) bool
		test func(t *testing.T, s *MailService)
	}{
		"Refused": {func(s *MailService) bool { return s.Refuse != nil }, testMailerRefused},
		"Busy":    {func(s *MailService) bool { return s.Busy != nil }, testMailerBusy},
		"Away":    {func(s *MailService) bool { return s.Away != nil }, testMailerAway},
		"Lost":    {func(s *MailService) bool { return s.Lose != nil }, testMailerLost},
	} {
		s := open(t)
		if c.has(s) {
			t.Run(name, func(t *testing.T) { c.test(t, s) })
		}
	}
}

// aMessage is one with everything that has to survive: letters beyond ASCII,
// dots at the beginning of lines, long lines, quotes and mark-up.
func aMessage(n byte) outbound.Message {
	return outbound.Message{
		ID: mail.ID{15: n + 1}, Kind: mail.VerifyEmail, To: fmt.Sprintf("ann.%d+plinto@example.com", n),
		Subject: `Confirme o seu endereço, “Ann” & co. — 确认`, Locale: "pt",
		Text: "Olá,\n\n.\n..two dots\nhttps://app.example.com/verify?token=" + strings.Repeat("s3cret-", 40) + "\n\nAté já ☺\n",
		HTML: `<!doctype html><html lang="pt"><body><p>Olá &amp; até já ☺ ` + strings.Repeat("long ", 300) + `</p><a href="https://app.example.com/verify?token=s3cret&amp;a=1">Sim</a></body></html>` + "\n",
	}
}

func (s *MailService) send(t *testing.T, m outbound.Message) (begun int, err error) {
	t.Helper()
	before := len(s.Accepted())
	err = s.Mailer.Send(t.Context(), m, func() error {
		begun++
		if s.Lose == nil {
			require.Len(t, s.Accepted(), before, "begin comes before the message is accepted")
		}
		return nil
	})
	if err != nil {
		for _, secret := range []string{m.To, "ann.", "s3cret", "https://app"} {
			require.NotContains(t, err.Error(), secret)
		}
	}
	return begun, err
}

// plainLines undoes what the journey may do to line ends.
func plainLines(s string) string { return strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n") }

func requireAccepted(t *testing.T, got AcceptedMail, want outbound.Message) {
	t.Helper()
	require.Equal(t, want.To, got.To)
	require.Equal(t, want.Subject, got.Subject)
	require.Equal(t, plainLines(want.Text), plainLines(got.Text))
	require.Equal(t, plainLines(want.HTML), plainLines(got.HTML))
}

func testMailerHandsOver(t *testing.T, s *MailService) {
	for n := range byte(3) {
		begun, err := s.send(t, aMessage(n))
		require.NoError(t, err)
		require.Equal(t, 1, begun)
	}
	accepted := s.Accepted()
	require.Len(t, accepted, 3)
	for n, got := range accepted {
		requireAccepted(t, got, aMessage(byte(n)))
	}
}

func testMailerMalformed(t *testing.T, s *MailService) {
	for name, spoil := range map[string]func(m *outbound.Message){
		"no id":                    func(m *outbound.Message) { m.ID = mail.ID{} },
		"no recipient":             func(m *outbound.Message) { m.To = "" },
		"no @":                     func(m *outbound.Message) { m.To = "ann.example.com" },
		"two recipients":           func(m *outbound.Message) { m.To = "ann@example.com,bob@example.com" },
		"two recipients, spaced":   func(m *outbound.Message) { m.To = "ann@example.com bob@example.com" },
		"two @":                    func(m *outbound.Message) { m.To = "ann@example.com@example.org" },
		"a name":                   func(m *outbound.Message) { m.To = "Ann <ann@example.com>" },
		"a parameter":              func(m *outbound.Message) { m.To = "ann@example.com> NOTIFY=<x" },
		"a line in the recipient":  func(m *outbound.Message) { m.To = "ann@example.com\r\nBcc: bob@example.com" },
		"a line in the subject":    func(m *outbound.Message) { m.Subject = "Hello\r\nBcc: bob@example.com" },
		"a lone LF in the subject": func(m *outbound.Message) { m.Subject = "Hello\nBcc: bob@example.com" },
		"a NUL in the subject":     func(m *outbound.Message) { m.Subject = "Hello\x00" },
		"no subject":               func(m *outbound.Message) { m.Subject = "" },
		"no text":                  func(m *outbound.Message) { m.Text = "" },
		"no HTML":                  func(m *outbound.Message) { m.HTML = "" },
		"no UTF-8":                 func(m *outbound.Message) { m.Text = "\xff" },
	} {
		m := aMessage(0)
		spoil(&m)
		err := s.Mailer.Send(t.Context(), m, func() error { t.Error(name + ": begun"); return nil })
		rejected, ok := errors.AsType[*outbound.RejectedError](err)
		require.True(t, ok, "%s: %v", name, err)
		require.NotEmpty(t, rejected.Reason)
		require.NotContains(t, err.Error(), "example")
	}
	require.Empty(t, s.Accepted())
}

func testMailerBeginErrs(t *testing.T, s *MailService) {
	late := errors.New("somebody else has it")
	err := s.Mailer.Send(t.Context(), aMessage(0), func() error { return late })
	require.ErrorIs(t, err, late)
	require.Empty(t, s.Accepted())
	begun, err := s.send(t, aMessage(1))
	require.NoError(t, err)
	require.Equal(t, 1, begun)
	require.Len(t, s.Accepted(), 1)
}

func testMailerCancelled(t *testing.T, s *MailService) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, s.Mailer.Send(ctx, aMessage(0), func() error { t.Error("begun"); return nil }))
	require.Empty(t, s.Accepted())

	// When the caller gives up in begin, nothing goes out either.
	ctx, cancel = context.WithCancel(t.Context())
	require.Error(t, s.Mailer.Send(ctx, aMessage(0), func() error { cancel(); return ctx.Err() }))
	require.Empty(t, s.Accepted())
}

func testMailerMany(t *testing.T, s *MailService) {
	var group sync.WaitGroup
	errs := make([]error, 16)
	for n := range errs {
		group.Go(func() { errs[n] = s.Mailer.Send(t.Context(), aMessage(byte(n)), func() error { return nil }) })
	}
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	to := map[string]bool{}
	for _, got := range s.Accepted() {
		to[got.To] = true
	}
	require.Len(t, s.Accepted(), len(errs))
	require.Len(t, to, len(errs), "each is sent once")
}

func testMailerRefused(t *testing.T, s *MailService) {
	s.Refuse(aMessage(0).To)
	_, err := s.send(t, aMessage(0))
	rejected, ok := errors.AsType[*outbound.RejectedError](err)
	require.True(t, ok, "%v", err)
	require.NotZero(t, rejected.Code)
	require.NotEmpty(t, rejected.Reason, "operators are told why")
	require.NotErrorIs(t, err, outbound.ErrUnsent)
	require.Empty(t, s.Accepted())
}

func testMailerBusy(t *testing.T, s *MailService) {
	s.Busy()
	_, err := s.send(t, aMessage(0))
	require.ErrorIs(t, err, outbound.ErrUnsent)
	requireNotRejected(t, err)
	require.Empty(t, s.Accepted())
}

func testMailerAway(t *testing.T, s *MailService) {
	s.Away()
	begun, err := s.send(t, aMessage(0))
	require.ErrorIs(t, err, outbound.ErrUnsent)
	requireNotRejected(t, err)
	require.Zero(t, begun, "what cannot be reached cannot accept")
}

func testMailerLost(t *testing.T, s *MailService) {
	s.Lose()
	begun, err := s.send(t, aMessage(0))
	require.Error(t, err)
	require.Equal(t, 1, begun, "from here on nobody can tell")
	requireNotRejected(t, err)
	require.NotErrorIs(t, err, outbound.ErrUnsent, "the service may have it")
}

func requireNotRejected(t *testing.T, err error) {
	t.Helper()
	_, rejected := errors.AsType[*outbound.RejectedError](err)
	require.False(t, rejected, "%v", err)
}
