package mailapi

import (
	"encoding/json"
	"net/http"
)

// sendgrid is the API of SendGrid (Mail Send v3). Its tracking, which is on
// unless it is told otherwise, would rewrite links that sign in.
var sendgrid = dialect{
	endpoint: fixed("https://api.sendgrid.com/v3/mail/send"),
	request: func(l letter) ([]byte, http.Header, error) {
		headers := quiet()
		headers["Message-ID"] = l.messageID
		m := sendgridMail{
			Personalizations: []sendgridRecipients{{To: []sendgridAddress{{Email: l.To}}}},
			From:             sendgridAddress{Email: l.fromAddress, Name: l.fromName}, Subject: l.Subject,
			Content: []sendgridContent{{"text/plain", l.Text}, {"text/html", l.HTML}}, Headers: headers, Categories: []string{string(l.Kind)},
		}
		if l.replyTo != "" {
			m.ReplyTo = &sendgridAddress{Email: l.replyTo}
		}
		return inJSON(m)
	},
	authorize: bearer,
	reason: func(said []byte) string {
		var answer struct {
			Errors []struct{ Message string } `json:"errors"`
		}
		if json.Unmarshal(said, &answer) != nil || len(answer.Errors) == 0 {
			return ""
		}
		return answer.Errors[0].Message
	},
}

type sendgridMail struct {
	Personalizations []sendgridRecipients `json:"personalizations"`
	From             sendgridAddress      `json:"from"`
	ReplyTo          *sendgridAddress     `json:"reply_to,omitempty"`
	Subject          string               `json:"subject"`
	Content          []sendgridContent    `json:"content"`
	Headers          map[string]string    `json:"headers"`
	Categories       []string             `json:"categories"`
	Tracking         sendgridTracking     `json:"tracking_settings"`
}

type sendgridRecipients struct {
	To []sendgridAddress `json:"to"`
}

type sendgridAddress struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

type sendgridContent struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// sendgridTracking is all off when it is zero.
type sendgridTracking struct {
	Clicks struct {
		Enable     bool `json:"enable"`
		EnableText bool `json:"enable_text"`
	} `json:"click_tracking"`
	Opens struct {
		Enable bool `json:"enable"`
	} `json:"open_tracking"`
}
