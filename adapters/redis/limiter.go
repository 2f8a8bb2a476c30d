package redis

import (
	"context"
	"crypto/sha1" //nolint:gosec // how Redis names a script; it protects nothing
	_ "embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/outbound"
)

//go:embed limiter.lua
var takeText string

//go:embed giveback.lua
var giveBackText string

// script is a text, the hash that Redis knows it by, and how many numbers it
// answers of each rule.
type script struct {
	text, sha string
	numbers   int
}

func newScript(text string, numbers int) script {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
	return script{text: text, sha: hex.EncodeToString(sum[:]), numbers: numbers}
}

const defaultPrefix = "plinto:limit:"

// LimiterOptions say how buckets are kept.
type LimiterOptions struct {
	// Prefix begins every key; "plinto:limit:" when empty.
	Prefix string
	// Clock tells the time instead of the server. For tests: the clocks of
	// instances differ, the server's is one. Buckets then outlive their use.
	Clock outbound.Clock
}

// Limiter keeps its buckets in Redis, for all instances. It answers within the
// client's timeout, with outbound.ErrUnavailable when Redis does not; then
// some of the charges may have been taken nevertheless.
type Limiter struct {
	client *Client
	prefix string
	clock  outbound.Clock

	takeScript, giveBackScript script
}

var _ outbound.Limiter = (*Limiter)(nil)

// NewLimiter gives a limiter on a client, which the caller closes.
func NewLimiter(client *Client, o LimiterOptions) *Limiter {
	l := &Limiter{
		client: client, prefix: o.Prefix, clock: o.Clock,
		takeScript: newScript(takeText, numbers), giveBackScript: newScript(giveBackText, 0),
	}
	if l.prefix == "" {
		l.prefix = defaultPrefix
	}
	return l
}

// Health asks the client's.
func (l *Limiter) Health(ctx context.Context) outbound.LimiterHealth { return l.client.Health(ctx) }

// call is the script for one charge.
type call struct{ keys, args []string }

// Take sends all charges together, one call of the script each.
func (l *Limiter) Take(ctx context.Context, charges []limit.Charge) ([][]limit.Decision, error) {
	answers, err := l.send(ctx, l.takeScript, charges)
	if err != nil {
		return nil, err
	}
	decisions := make([][]limit.Decision, len(charges))
	for i, c := range charges {
		decisions[i] = make([]limit.Decision, len(c.Rules))
		if len(c.Rules) > 0 {
			decide(decisions[i], c.Rules, answers[0])
			answers = answers[1:]
		}
	}
	return decisions, nil
}

// GiveBack sends all charges together.
func (l *Limiter) GiveBack(ctx context.Context, charges []limit.Charge) error {
	_, err := l.send(ctx, l.giveBackScript, charges)
	return err
}

// send runs a script for every charge that has rules.
func (l *Limiter) send(ctx context.Context, s script, charges []limit.Charge) ([][]int64, error) {
	present := ""
	if l.clock != nil {
		present = strconv.FormatInt(l.clock.Now().UnixMicro(), 10)
	}
	var calls []call
	for _, c := range charges {
		if len(c.Rules) > 0 {
			calls = append(calls, l.call(c, present))
		}
	}
	if len(calls) == 0 {
		return nil, nil
	}
	return within(ctx, l.client, func(ctx context.Context, conn rueidis.Client) ([][]int64, error) {
		return run(ctx, conn, s, calls)
	})
}

func (l *Limiter) call(c limit.Charge, present string) call {
	tag := tag(l.prefix, c.Subject)
	out := call{keys: make([]string, 0, len(c.Rules)), args: append(make([]string, 0, 1+2*len(c.Rules)), present)}
	for _, r := range c.Rules {
		interval := r.Interval().Microseconds()
		out.keys = append(out.keys, key(tag, r))
		out.args = append(out.args, strconv.FormatInt(interval, 10), strconv.FormatInt(interval*int64(r.Quota), 10))
	}
	return out
}

// run names the script by its hash, and sends it whole to a server that does
// not know it. The library's own way of doing this loads the script on every
// node before every use, which is another round trip.
func run(ctx context.Context, conn rueidis.Client, s script, calls []call) ([][]int64, error) {
	answers := make([][]int64, len(calls))
	batch := make(rueidis.Commands, len(calls))
	for i, c := range calls {
		batch[i] = conn.B().Evalsha().Sha1(s.sha).Numkeys(int64(len(c.keys))).Key(c.keys...).Arg(c.args...).Build()
	}
	var unknown []int
	for i, r := range conn.DoMulti(ctx, batch...) {
		if err, ok := rueidis.IsRedisErr(r.Error()); ok && err.IsNoScript() {
			unknown = append(unknown, i)
			continue
		}
		var err error
		if answers[i], err = answer(r, s, calls[i]); err != nil {
			return nil, err
		}
	}
	if len(unknown) == 0 {
		return answers, nil
	}
	batch = batch[:0]
	for _, i := range unknown {
		c := calls[i]
		batch = append(batch, conn.B().Eval().Script(s.text).Numkeys(int64(len(c.keys))).Key(c.keys...).Arg(c.args...).Build())
	}
	for n, r := range conn.DoMulti(ctx, batch...) {
		var err error
		if answers[unknown[n]], err = answer(r, s, calls[unknown[n]]); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// numbers is how many takeScript answers of each rule.
const numbers = 4

func answer(r rueidis.RedisResult, s script, c call) ([]int64, error) {
	a, err := r.AsIntSlice()
	if err == nil && len(a) != s.numbers*len(c.keys) {
		err = fmt.Errorf("the script answered %d numbers for %d rules", len(a), len(c.keys))
	}
	return a, err
}

func decide(decisions []limit.Decision, rules []limit.Rule, answer []int64) {
	for i, r := range rules {
		a := answer[numbers*i:]
		decisions[i] = limit.Decision{
			Rule: r, Allowed: a[0] == 1, Remaining: int(a[1]),
			ResetAfter: time.Duration(a[2]) * time.Microsecond,
			RetryAfter: time.Duration(a[3]) * time.Microsecond,
		}
	}
}
