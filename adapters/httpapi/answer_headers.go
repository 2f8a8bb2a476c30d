package httpapi

import (
	"maps"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// limitHeaders documents what tellLimits writes.
var limitHeaders = map[string]*huma.Header{
	"X-RateLimit-Limit": {
		Description: "How many requests the tightest of the limits that this request met allows. There while a limit counts the request.",
		Schema:      &huma.Schema{Type: huma.TypeInteger},
	},
	"X-RateLimit-Remaining": {Description: "How many of them are left.", Schema: &huma.Schema{Type: huma.TypeInteger}},
	"X-RateLimit-Reset": {
		Description: "In how many seconds all of them are back or, when the request was refused, one is.", Schema: &huma.Schema{Type: huma.TypeInteger},
	},
	"RateLimit-Policy": {
		Description: "Every limit that this request met: its name, quota `q` and window `w` in seconds (draft-ietf-httpapi-ratelimit-headers-10).",
		Schema:      &huma.Schema{Type: huma.TypeString, Examples: []any{`"address-minute";q=60;w=60`}},
	},
	"RateLimit": {
		Description: "Of each of them what remains, `r`, and in how many seconds it is back, `t`.",
		Schema:      &huma.Schema{Type: huma.TypeString, Examples: []any{`"address-minute";r=59;t=1`}},
	},
}

// sharedHeaders are the components that many answers refer to.
func sharedHeaders() map[string]*huma.Header {
	shared := maps.Clone(limitHeaders)
	shared["DPoP-Nonce"] = nonceHeader()
	return shared
}

// describeAnswers adds what is on every answer of a route, whatever its status:
// how the request stands with its limits, and the nonce for the next proof. An
// answer to the wrong host comes before both.
func (r *route) describeAnswers(answers map[string]*huma.Response) {
	for status, answer := range answers {
		if status == strconv.Itoa(http.StatusMisdirectedRequest) {
			continue
		}
		var names []string
		if r.admission != uncounted {
			names = append(names, "RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
		}
		if r.takesProof() {
			names = append(names, "DPoP-Nonce")
		}
		for _, name := range names {
			answer.Headers = merged(answer.Headers, map[string]*huma.Header{name: {Ref: "#/components/headers/" + name}})
		}
	}
}
