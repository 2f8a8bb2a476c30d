package mailapi

import (
	"encoding/json"
	"net/http"
	"slices"
)

// postmark is the API of Postmark (Email API, POST /email). It counts no opening
// and rewrites no link, which would be told to a third party.
var postmark = dialect{
	endpoint: fixed("https://api.postmarkapp.com/email"),
	request: func(l letter) ([]byte, http.Header, error) {
		headers := []postmarkHeader{{"Message-ID", l.messageID}, {"X-PM-KeepID", "true"}}
		for name, value := range quiet() {
			headers = append(headers, postmarkHeader{name, value})
		}
		slices.SortFunc(headers, func(a, b postmarkHeader) int {
			if a.Name < b.Name {
				return -1
			}
			return 1
		})
		return inJSON(postmarkMail{
			From: l.from, To: l.To, ReplyTo: l.replyTo, Subject: l.Subject, TextBody: l.Text, HTMLBody: l.HTML, Tag: string(l.Kind),
			TrackLinks: "None", MessageStream: "outbound", Headers: headers,
		})
	},
	authorize: func(r *http.Request, key string) { r.Header.Set("X-Postmark-Server-Token", key) },
	reason:    field("Message"),
	account: func(said []byte) bool {
		var answer struct{ ErrorCode int }
		// Senders that are not confirmed, accounts that may not send.
		return json.Unmarshal(said, &answer) == nil && slices.Contains([]int{400, 401, 405, 412, 413}, answer.ErrorCode)
	},
}

type postmarkMail struct {
	From          string
	To            string
	ReplyTo       string `json:",omitempty"`
	Subject       string
	TextBody      string
	HTMLBody      string `json:"HtmlBody"`
	Tag           string
	TrackOpens    bool
	TrackLinks    string
	MessageStream string
	Headers       []postmarkHeader
}

type postmarkHeader struct{ Name, Value string }
