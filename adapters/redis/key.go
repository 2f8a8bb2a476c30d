package redis

import (
	"strconv"
	"strings"

	"github.com/plinto/plinto/core/limit"
)

// braces keeps what stands in a key from ending its hash tag, and stays
// one-to-one.
var braces = strings.NewReplacer("%", "%25", "{", "%7B", "}", "%7D")

// tag is the beginning of all keys of a subject. The subject is the hash tag,
// so that a cluster keeps its buckets on one node, where a script may take them
// together.
func tag(prefix string, s limit.Subject) string {
	return braces.Replace(prefix) + "{" + braces.Replace(s.String()) + "}:"
}

// key names the bucket of a rule. Rules that share a name but not their numbers
// count apart: an arrival means nothing under another rule.
func key(tag string, r limit.Rule) string {
	return tag + r.Name + ":" + strconv.Itoa(r.Quota) + ":" + r.Window.String()
}
