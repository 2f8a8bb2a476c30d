package telemetry_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/telemetry"
	"github.com/plinto/plinto/ports/outbound"
)

func read(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, w.Code)
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	m := telemetry.New("1.2.3")
	m.Observe("GET", "/health", 200, 3*time.Millisecond)
	m.Observe("GET", "/health", 200, 3*time.Millisecond)
	m.Pool(func() outbound.PoolHealth { return outbound.PoolHealth{InUse: 3, Idle: 4, Max: 30} })
	m.Hashing(func() int64 { return 1 }, func() int64 { return 2 }, func() int64 { return 5 })
	m.Removed(func() map[string]int64 { return map[string]int64{"sessions": 7, "proofs": 0} })
	m.Mails([]string{"new_device"}, func(string) (int64, int64, int64) { return 1, 2, 3 }, func() (int, int, time.Duration) { return 4, 5, 90 * time.Second })
	m.LimiterShared()
	text := read(t, m)
	for _, line := range []string{
		`plinto_http_requests_total{method="GET",route="/health",status="200"} 2`,
		`plinto_http_request_duration_seconds_bucket{route="/health",le="0.005"} 2`,
		`plinto_http_request_duration_seconds_bucket{route="/health",le="0.0025"} 0`,
		`plinto_database_connections{state="in_use"} 3`,
		`plinto_database_connections{state="max"} 30`,
		`plinto_password_hashes_in_flight 1`,
		`plinto_password_hashes_waiting 2`,
		`plinto_password_hashes_refused_total 5`,
		`plinto_cleanup_removed_total{what="sessions"} 7`,
		`plinto_cleanup_removed_total{what="proofs"} 0`,
		`plinto_mails_sent_total{kind="new_device"} 1`,
		`plinto_mails_retried_total{kind="new_device"} 2`,
		`plinto_mails_dead_total{kind="new_device"} 3`,
		`plinto_mails_due 4`,
		`plinto_mails_dead 5`,
		`plinto_mails_oldest_seconds 90`,
		`plinto_limiter_shared 1`,
		`plinto_limiter_lost_total 0`,
		`plinto_build_info{version="1.2.3"} 1`,
		`go_goroutines `,
	} {
		require.Contains(t, text, line)
	}
	m.LimiterLost()
	text = read(t, m)
	require.Contains(t, text, "plinto_limiter_shared 0")
	require.Contains(t, text, "plinto_limiter_lost_total 1")
}
