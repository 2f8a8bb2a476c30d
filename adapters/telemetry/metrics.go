// Package telemetry owns the metrics of the running program, in Prometheus's
// text format. Labels have few values: a route is its pattern, and what is no
// route is "none". No metric tells of a person.
package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/plinto/plinto/ports/outbound"
)

// Metrics counts and measures.
type Metrics struct {
	registry      *prometheus.Registry
	requests      *prometheus.CounterVec
	durations     *prometheus.HistogramVec
	limiterShared prometheus.Gauge
	limiterLost   prometheus.Counter
	breachesLost  prometheus.Counter
}

// New makes the metrics of one program.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plinto_http_requests_total", Help: "Answers, by method, route and status.",
		}, []string{"method", "route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "plinto_http_request_duration_seconds", Help: "Time from the request's header to the end of the answer, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		limiterShared: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "plinto_limiter_shared", Help: "1 while limits are counted in Redis for all instances, 0 while this one counts alone.",
		}),
		limiterLost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "plinto_limiter_lost_total", Help: "How often Redis was lost and this instance went on counting alone.",
		}),
	}
	m.breachesLost = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "plinto_breached_passwords_unknown_total", Help: "New passwords that were not held against known breaches, because the service that knows them was away.",
	})
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "plinto_build_info", Help: "1; the label names the version.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(
		m.requests, m.durations, m.limiterShared, m.limiterLost, m.breachesLost, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Observe counts an answer.
func (m *Metrics) Observe(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route).Observe(took.Seconds())
}

// LimiterShared notes that limits are counted in Redis, from the start or
// again.
func (m *Metrics) LimiterShared() { m.limiterShared.Set(1) }

// LimiterLost notes that Redis was lost.
func (m *Metrics) LimiterLost() {
	m.limiterShared.Set(0)
	m.limiterLost.Inc()
}

// BreachesLost notes that nothing could be learned of a password.
func (m *Metrics) BreachesLost() { m.breachesLost.Inc() }

// Pool reads the numbers of a pool of connections whenever they are asked for.
func (m *Metrics) Pool(read func() outbound.PoolHealth) {
	for state, value := range map[string]func(outbound.PoolHealth) int{
		"in_use": func(p outbound.PoolHealth) int { return p.InUse },
		"idle":   func(p outbound.PoolHealth) int { return p.Idle },
		"max":    func(p outbound.PoolHealth) int { return p.Max },
	} {
		m.gauge("plinto_database_connections", "Connections of the pool, by state.", prometheus.Labels{"state": state},
			func() float64 { return float64(value(read())) })
	}
}

// Hashing reads how the lane of the password hashes is whenever it is asked
// for.
func (m *Metrics) Hashing(inFlight, waiting, refused func() int64) {
	m.gauge("plinto_password_hashes_in_flight", "Password hashes being computed.", nil, func() float64 { return float64(inFlight()) })
	m.gauge("plinto_password_hashes_waiting", "Password hashes waiting for a processor.", nil, func() float64 { return float64(waiting()) })
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "plinto_password_hashes_refused_total", Help: "Requests refused because too many password hashes were waiting.",
	}, func() float64 { return float64(refused()) }))
}

// Feed reads how far this instance has followed the revocations whenever it is
// asked for.
func (m *Metrics) Feed(readAt func() time.Time, remembered, asked func() int64) {
	m.gauge("plinto_revocations_read_timestamp_seconds", "When the feed of revocations was last read whole, as Unix time; 0 before the first time.", nil, func() float64 {
		at := readAt()
		if at.IsZero() {
			return 0
		}
		return float64(at.UnixMicro()) / 1e6
	})
	m.gauge("plinto_revocations_remembered", "Ended sessions kept in memory.", nil, func() float64 { return float64(remembered()) })
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "plinto_revocations_asked_total", Help: "Access tokens about which the database was asked, because the feed was behind.",
	}, func() float64 { return float64(asked()) }))
}

// Guesses reads how many wrong passwords there were, and how many guesses were
// not looked at, whenever it is asked for.
func (m *Metrics) Guesses(wrong, kept func() int64) {
	m.registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "plinto_passwords_wrong_total", Help: "Passwords that were looked at and refused.",
		}, func() float64 { return float64(wrong()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "plinto_passwords_kept_waiting_total", Help: "Passwords that were not looked at, because too many wrong ones came before.",
		}, func() float64 { return float64(kept()) }),
	)
}

// Removed reads what the cleanup has removed whenever it is asked for.
func (m *Metrics) Removed(read func() map[string]int64) {
	for what := range read() {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "plinto_cleanup_removed_total", Help: "Rows that this instance removed because nobody needs them any more, by what they were.",
			ConstLabels: prometheus.Labels{"what": what},
		}, func() float64 { return float64(read()[what]) }))
	}
}

// Mails reads what this instance did with mails of each kind, and how many are
// owed, whenever it is asked for.
func (m *Metrics) Mails(kinds []string, tally func(kind string) (sent, retried, dead int64), backlog func() (due, dead int, oldest time.Duration)) {
	for _, k := range kinds {
		for _, c := range []struct {
			name, help string
			value      func() int64
		}{
			{"plinto_mails_sent_total", "Mails that this instance handed over, by kind.", func() int64 { n, _, _ := tally(k); return n }},
			{"plinto_mails_retried_total", "Attempts of this instance that failed and are made again, by kind of mail.", func() int64 { _, n, _ := tally(k); return n }},
			{"plinto_mails_dead_total", "Mails that this instance gave up, by kind.", func() int64 { _, _, n := tally(k); return n }},
		} {
			m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
				Name: c.name, Help: c.help, ConstLabels: prometheus.Labels{"kind": k},
			}, func() float64 { return float64(c.value()) }))
		}
	}
	m.gauge("plinto_mails_due", "Mails of all instances that are to be sent by now.", nil, func() float64 { n, _, _ := backlog(); return float64(n) })
	m.gauge("plinto_mails_dead", "Mails of all instances that were given up and wait for an operator.", nil, func() float64 { _, n, _ := backlog(); return float64(n) })
	m.gauge("plinto_mails_oldest_seconds", "How long the oldest mail is owed that was not given up; 0 without one.", nil,
		func() float64 { _, _, age := backlog(); return age.Seconds() })
}

func (m *Metrics) gauge(name, help string, labels prometheus.Labels, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, value))
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}
