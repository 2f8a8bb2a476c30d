package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
)

// tagged is an answer that has an entity tag (RFC 9110 section 8.8.3). Whoever
// has it already is answered 304, without a body.
type tagged[B any] struct {
	Status int
	ETag   string `header:"ETag" hidden:"true"`
	Body   B
}

func newTagged[B any](ctx context.Context, tag string, body B) *tagged[B] {
	out := &tagged[B]{Status: http.StatusOK, ETag: tag, Body: body}
	if c := callOf(ctx); c.route.method == http.MethodGet && matches(c.ifNoneMatch, tag) {
		out.Status = http.StatusNotModified
	}
	return out
}

// userTag is the tag of an account: its revision. The id stands in it because
// one address shows each user their own. When a user last signed in may be
// another under one tag: it is not theirs to change.
func userTag(u user.User) string {
	return `"` + u.ID.String() + "." + strconv.FormatInt(u.Revision, 10) + `"`
}

// expectedRevisions reads which revisions of an account a change is meant for.
// What is no tag of this account is none of its revisions.
func (c *call) expectedRevisions(who user.ID) user.Match {
	tags, anything := strongTags(c.ifMatch)
	if anything {
		return user.Match{}
	}
	var revisions []int64
	for _, tag := range tags {
		text, own := strings.CutPrefix(tag, `"`+who.String()+".")
		n, err := strconv.ParseInt(strings.TrimSuffix(text, `"`), 10, 64)
		if own && err == nil && n >= 0 {
			revisions = append(revisions, n)
		}
	}
	return user.OneOf(revisions...)
}

// contentTag is the tag of what has no revision: of what is shown.
func contentTag(body any) (string, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`, nil
}

// expect refuses a change of what has another tag than the caller takes it to
// have.
func (c *call) expect(tag string) error {
	tags, anything := strongTags(c.ifMatch)
	if anything {
		return nil
	}
	for _, t := range tags {
		if t == tag {
			return nil
		}
	}
	return fault.New(fault.PreconditionFailed)
}

// strongTags reads If-Match (RFC 9110 section 13.1.1), which compares strongly:
// a weak tag matches nothing. Without the field, or with *, any will do.
func strongTags(fields []string) (tags []string, any bool) {
	if len(fields) == 0 {
		return nil, true
	}
	for _, field := range fields {
		for tag := range strings.SplitSeq(field, ",") {
			switch tag = strings.TrimSpace(tag); {
			case tag == "*":
				return nil, true
			case len(tag) >= 2 && tag[0] == '"' && tag[len(tag)-1] == '"':
				tags = append(tags, tag)
			}
		}
	}
	return tags, false
}

// describeTags documents the tags of a route.
func (r route) describeTags(op *huma.Operation) {
	text := &huma.Schema{Type: huma.TypeString}
	status := strconv.Itoa(op.DefaultStatus)
	if op.Method == http.MethodGet {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "If-None-Match", In: "header", Schema: text, Description: "ETags that the client has: one that is still good is answered 304 (RFC 9110 section 13.1.2).",
		})
		op.Responses["304"] = &huma.Response{Description: "Nothing has changed since the ETag in If-None-Match."}
	} else {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "If-Match", In: "header", Schema: text, Description: "ETags that the resource may have for this to be done (RFC 9110 section 13.1.1).",
		})
	}
	if op.DefaultStatus != http.StatusNoContent {
		if op.Responses[status].Headers == nil {
			op.Responses[status].Headers = map[string]*huma.Header{}
		}
		op.Responses[status].Headers["ETag"] = &huma.Header{Schema: text, Description: "Of what is answered, for If-Match and If-None-Match."}
	}
}
