package event

import (
	"time"

	"github.com/plinto/plinto/core/mail"
)

// GaveUpMail tells of a mail that was owed to somebody and given up, and why. It
// names no address: an account is named by its id, and who has none is not
// named.
func GaveUpMail(m mail.Mail, why mail.Death, at time.Time) Event {
	payload := map[string]string{"mail_id": m.ID.String(), "kind": string(m.Kind), "reason": string(why)}
	subject := ""
	if !m.User.IsZero() {
		subject = OfUser(m.User)
	}
	o := Origin{Tenant: m.Tenant, RequestID: m.RequestID}
	return o.event(MailFailed, System, subject, at, payload)
}
