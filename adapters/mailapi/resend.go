package mailapi

import "net/http"

// resend is the API of Resend (POST /emails).
var resend = dialect{
	endpoint: fixed("https://api.resend.com/emails"),
	request: func(l letter) ([]byte, http.Header, error) {
		body, header, err := inJSON(resendMail{
			From: l.from, To: []string{l.To}, ReplyTo: l.replyTo, Subject: l.Subject, Text: l.Text, HTML: l.HTML, Headers: quiet(),
			Tags: []resendTag{{"kind", string(l.Kind)}},
		})
		header.Set("Idempotency-Key", l.ID.String())
		return body, header, err
	},
	authorize: bearer,
	reason:    field("message"),
}

type resendMail struct {
	From    string            `json:"from"`
	To      []string          `json:"to"`
	ReplyTo string            `json:"reply_to,omitempty"`
	Subject string            `json:"subject"`
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
	Headers map[string]string `json:"headers"`
	Tags    []resendTag       `json:"tags"`
}

type resendTag struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
