package mailapi

import (
	"net/http"
	"net/url"
)

// mailgun is the API of Mailgun (POST /v3/{domain}/messages). It takes forms.
// Mail whose domain is another at Mailgun, or is kept in Europe, needs an
// endpoint of its own.
var mailgun = dialect{
	endpoint: func(domain string) string {
		return "https://api.mailgun.net/v3/" + url.PathEscape(domain) + "/messages"
	},
	request: func(l letter) ([]byte, http.Header, error) {
		form := url.Values{
			"from": {l.from}, "to": {l.To}, "subject": {l.Subject}, "text": {l.Text}, "html": {l.HTML}, "o:tag": {string(l.Kind)},
			"o:tracking": {"no"}, "o:tracking-clicks": {"no"}, "o:tracking-opens": {"no"}, "h:Message-Id": {l.messageID},
		}
		if l.replyTo != "" {
			form.Set("h:Reply-To", l.replyTo)
		}
		for name, value := range quiet() {
			form.Set("h:"+name, value)
		}
		return []byte(form.Encode()), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}, nil
	},
	authorize: func(r *http.Request, key string) { r.SetBasicAuth("api", key) },
	reason:    field("message"),
}
