package mailapi

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// Statuses beyond the standard's, of a well-known network that stands before
// many services: it got no answer, or none in time.
const (
	statusNoAnswer = 520
	statusTooLate  = 524
)

// judge tells what an answer means for the message. What is wrong with the
// account at the service is the operator's mistake and none of the message, so
// the message waits for it.
func (m *Mailer) judge(answer *http.Response, said []byte) error {
	reason := mail.Redact(m.dialect.reason(said))
	status := answer.StatusCode
	if 200 <= status && status < 300 {
		return nil
	}
	if m.dialect.account != nil && m.dialect.account(said) {
		return fmt.Errorf("mailapi: %d %s: %w", status, reason, outbound.ErrUnsent)
	}
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusUnavailableForLegalReasons:
		return &outbound.RejectedError{Code: status, Reason: reason}
	case http.StatusConflict, http.StatusBadGateway, http.StatusGatewayTimeout, statusNoAnswer, statusTooLate:
		// Somebody between here and there knows no better than we do; or, at a
		// conflict, this message was there before.
		return fmt.Errorf("mailapi: %d: the service did not say whether it took the message", status)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if wait := retryAfter(answer.Header.Get("Retry-After"), answer.Header.Get("Date")); wait > 0 {
			return fmt.Errorf("mailapi: %d %s: %w: %w", status, reason, outbound.ErrUnsent, &outbound.BusyError{RetryAfter: wait})
		}
	}
	return fmt.Errorf("mailapi: %d %s: %w", status, reason, outbound.ErrUnsent)
}

// maxWait is the longest that a service may put a message off.
const maxWait = time.Hour

// retryAfter reads a Retry-After field (RFC 9110 section 10.2.3): seconds, or an
// instant by the clock of the service.
func retryAfter(field, date string) time.Duration {
	if seconds, err := strconv.ParseUint(field, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxWait)
	}
	then, err := http.ParseTime(field)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(date)
	if err != nil {
		return 0
	}
	return min(max(then.Sub(now), 0), maxWait)
}
