package mailbox_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/mailbox"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

// A mailbox refuses nothing, is never busy or away, and loses nothing.
func TestContract(t *testing.T) {
	porttest.Mailer(t, func(*testing.T) *porttest.MailService {
		box := mailbox.New(porttest.NewClock())
		return &porttest.MailService{Mailer: box, Accepted: func() []porttest.AcceptedMail {
			var all []porttest.AcceptedMail
			for _, m := range slices.Backward(box.List()) {
				all = append(all, porttest.AcceptedMail{To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML})
			}
			return all
		}}
	})
}

func TestKeepsTheLast(t *testing.T) {
	clock := porttest.NewClock()
	box := mailbox.New(clock)
	began := clock.Now()
	id := func(n int) mail.ID { return mail.ID{14: byte(n >> 8), 15: byte(n)} }
	for n := 1; n <= mailbox.Capacity+5; n++ {
		require.NoError(t, box.Send(t.Context(), outbound.Message{
			ID: id(n), Kind: mail.Trial, To: "ann@example.com", Subject: "s", Text: "t", HTML: "h", Locale: "en",
		}, func() error { return nil }))
		clock.Advance(time.Second)
	}
	list := box.List()
	require.Len(t, list, mailbox.Capacity)
	require.Equal(t, id(mailbox.Capacity+5), list[0].ID)
	require.Equal(t, id(6), list[len(list)-1].ID)
	_, there := box.Get(id(5))
	require.False(t, there)
	got, there := box.Get(id(6))
	require.True(t, there)
	require.Equal(t, mail.Kept{
		ID: id(6), Kind: mail.Trial, To: "ann@example.com", Subject: "s", Text: "t", HTML: "h", Locale: "en", At: began.Add(5 * time.Second),
	}, got)
	box.Clear()
	require.Empty(t, box.List())
}
