package httpapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/limit"
)

// admission says who counts the requests of a route.
type admission int

const (
	counted          admission = iota // here, before anything else is done
	countedByUseCase                  // the use case, with all its subjects at once
	uncounted                         // nobody: probes and scrapes
)

// admit charges the caller for a request that no use case counts. A request
// that matches no route is counted as well.
func (s *Server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		call := callOf(c.Request().Context())
		// The headers are written last, when all decisions are known.
		c.Response().Before(func() { tellLimits(c.Response().Header(), call.limits) })
		if call.route == nil || call.route.admission == counted {
			if err := s.services.Limits.Admit(c.Request().Context(), call.caller); err != nil {
				return err
			}
		}
		return next(c)
	}
}

// tellLimits writes the decisions for clients: the tightest one in the
// X-RateLimit fields and all of them in those of
// draft-ietf-httpapi-ratelimit-headers-10.
func tellLimits(h http.Header, decisions []limit.Decision) {
	tightest, some := limit.Tightest(decisions)
	if !some {
		return
	}
	h.Set("X-RateLimit-Limit", strconv.Itoa(tightest.Rule.Quota))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(tightest.Remaining))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset(tightest), 10))
	var policy, state strings.Builder
	for i, d := range decisions {
		if i > 0 {
			policy.WriteString(", ")
			state.WriteString(", ")
		}
		name := quote(d.Rule.Name)
		policy.WriteString(name + ";q=" + strconv.Itoa(d.Rule.Quota) + ";w=" + strconv.FormatInt(seconds(d.Rule.Window), 10))
		state.WriteString(name + ";r=" + strconv.Itoa(d.Remaining) + ";t=" + strconv.FormatInt(reset(d), 10))
	}
	h.Set("RateLimit-Policy", policy.String())
	h.Set("RateLimit", state.String())
}

// reset is the t of a decision: for a refusal when the next request fits, so
// that Retry-After never falls before it; else when the whole quota is back.
func reset(d limit.Decision) int64 {
	if !d.Allowed {
		return seconds(d.RetryAfter)
	}
	return seconds(d.ResetAfter)
}

// seconds rounds up to whole seconds: one too early is refused again.
func seconds(d time.Duration) int64 {
	return int64((max(d, 0) + time.Second - 1) / time.Second)
}

// quote writes a string of a structured field (RFC 8941 section 3.3.3).
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case ' ' <= c && c <= '~':
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
