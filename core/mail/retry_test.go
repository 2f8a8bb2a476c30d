package mail_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/mail"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestDelaysGrowAndAreDrawnFromAllTheirLength(t *testing.T) {
	for attempt, bound := range map[int]time.Duration{
		0: 10 * time.Second, 1: 10 * time.Second, 2: 20 * time.Second, 3: 40 * time.Second, 9: 2560 * time.Second,
		10: time.Hour, 24: time.Hour, 1000: time.Hour,
	} {
		require.Equal(t, time.Second, mail.Delay(attempt, 0), attempt)
		require.Equal(t, time.Second+(bound-time.Second)/2, mail.Delay(attempt, 0.5), attempt)
		require.InDelta(t, float64(bound), float64(mail.Delay(attempt, 1)), float64(time.Millisecond), attempt)
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	e := mail.Entry{Mail: mail.Mail{CreatedAt: noon}, Attempt: 1}
	due, again := e.Again(noon, 0.5)
	require.True(t, again)
	require.Equal(t, noon.Add(5500*time.Millisecond), due)
	e.Attempt = mail.MostAttempts - 1
	_, again = e.Again(noon, 0)
	require.True(t, again)
	e.Attempt = mail.MostAttempts
	_, again = e.Again(noon, 0)
	require.False(t, again)
	e.Attempt = 1
	_, again = e.Again(noon.Add(mail.MaxAge-time.Second), 0)
	require.True(t, again)
	_, again = e.Again(noon.Add(mail.MaxAge-time.Second+time.Microsecond), 0)
	require.False(t, again, "it would be too late by then")
}

func TestWhatIsNotTried(t *testing.T) {
	e := mail.Entry{Mail: mail.Mail{CreatedAt: noon}, Attempt: mail.MostAttempts}
	_, doomed := e.Doomed(noon.Add(mail.MaxAge))
	require.False(t, doomed)
	why, doomed := e.Doomed(noon.Add(mail.MaxAge + time.Microsecond))
	require.True(t, doomed)
	require.Equal(t, mail.GivenUp, why)
	e.Attempt++
	why, doomed = e.Doomed(noon)
	require.True(t, doomed, "it ends whoever tries it")
	require.Equal(t, mail.GivenUp, why)
	e = mail.Entry{Mail: mail.Mail{CreatedAt: noon}, Attempt: 2, HandedOverAt: &noon}
	why, doomed = e.Doomed(noon)
	require.True(t, doomed)
	require.Equal(t, mail.OutcomeUnknown, why)
}

func TestReasonsAreOneLineThatIsKept(t *testing.T) {
	require.Equal(t, "a b c  d?", mail.Reason(errors.New("a\nb\x00c\r\n"+"d\xff")))
	long := mail.Reason(errors.New(strings.Repeat("€", 400)))
	require.True(t, utf8.ValidString(long))
	require.Len(t, long, 498)
}

func TestAddressesAreComparedAsThoseOfAccounts(t *testing.T) {
	require.Equal(t, mail.AddressKey("ann@example.com"), mail.AddressKey("Ann@EXAMPLE.com"))
	require.Equal(t, "no address", mail.AddressKey("No Address"))
	require.Empty(t, mail.AddressKey(""))
}
