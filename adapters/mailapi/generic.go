package mailapi

import "net/http"

// generic is our own form, for a service that the operator writes. Whoever gets
// the same Idempotency-Key twice has got the same mail twice. An answer of 2xx
// says that the mail is taken over.
var generic = dialect{
	endpoint: fixed(""),
	request: func(l letter) ([]byte, http.Header, error) {
		body, header, err := inJSON(genericMail{
			ID: l.ID.String(), Kind: string(l.Kind), MessageID: l.messageID, From: genericAddress{l.fromName, l.fromAddress}, ReplyTo: l.replyTo,
			To: l.To, Subject: l.Subject, Text: l.Text, HTML: l.HTML, Locale: l.Locale,
		})
		header.Set("Idempotency-Key", l.ID.String())
		return body, header, err
	},
	authorize: bearer,
	reason:    field("message"),
}

type genericMail struct {
	ID        string         `json:"id"`
	Kind      string         `json:"kind"`
	MessageID string         `json:"message_id"`
	From      genericAddress `json:"from"`
	ReplyTo   string         `json:"reply_to,omitempty"`
	To        string         `json:"to"`
	Subject   string         `json:"subject"`
	Text      string         `json:"text"`
	HTML      string         `json:"html"`
	Locale    string         `json:"locale"`
}

type genericAddress struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}
