package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/ports/inbound"
)

// health serves inbound.Health and what the process knows of itself.
type health struct {
	service inbound.Health
	proofs  inbound.Proofs
	opts    Options
}

type healthJSON struct {
	Status      string `json:"status" enum:"healthy"`
	Version     string `json:"version"`
	Environment string `json:"environment"`
}

func (h health) live(context.Context, *none) (*answer[healthJSON], error) {
	return &answer[healthJSON]{healthJSON{Status: "healthy", Version: h.opts.Version, Environment: h.opts.Environment}}, nil
}

type readyJSON struct {
	Status     string         `json:"status" enum:"ready,degraded,unavailable"`
	Database   databaseJSON   `json:"database"`
	Redis      redisJSON      `json:"redis"`
	Migrations migrationsJSON `json:"migrations"`
}

type databaseJSON struct {
	Healthy        bool     `json:"healthy"`
	ResponseTimeMS float64  `json:"response_time_ms"`
	Pool           poolJSON `json:"pool"`
	LastCheck      instant  `json:"last_check"`
	Error          string   `json:"error,omitempty"`
}

type poolJSON struct {
	Size  int `json:"size"`
	InUse int `json:"in_use"`
	Idle  int `json:"idle"`
	Max   int `json:"max"`
}

type redisJSON struct {
	Configured     bool    `json:"configured"`
	Healthy        bool    `json:"healthy"`
	ResponseTimeMS float64 `json:"response_time_ms"`
	Error          string  `json:"error,omitempty"`
}

type migrationsJSON struct {
	Current  int64 `json:"current"`
	Expected int64 `json:"expected"`
}

// readiness has a status of its own: 503 keeps a balancer away.
type readiness struct {
	Status int
	Body   readyJSON
}

func (h health) ready(ctx context.Context, _ *none) (*readiness, error) {
	r := h.service.Ready(ctx)
	out := &readiness{Status: http.StatusOK, Body: readyJSON{
		Status: string(r.State),
		Database: databaseJSON{
			Healthy: r.Database.Healthy, ResponseTimeMS: milliseconds(r.Database.ResponseTime),
			Pool:      poolJSON{Size: r.Database.Size, InUse: r.Database.InUse, Idle: r.Database.Idle, Max: r.Database.Max},
			LastCheck: instant(r.Database.CheckedAt), Error: r.Database.Error,
		},
		Redis: redisJSON{
			Configured: r.Cache.Configured, Healthy: r.Cache.Healthy,
			ResponseTimeMS: milliseconds(r.Cache.ResponseTime), Error: r.Cache.Error,
		},
		Migrations: migrationsJSON{Current: r.Database.CurrentMigration, Expected: r.Database.ExpectedMigration},
	}}
	if r.State == inbound.Unavailable {
		out.Status = http.StatusServiceUnavailable
	}
	return out, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

type statusJSON struct {
	Status         string             `json:"status" enum:"operational"`
	Version        string             `json:"version"`
	Authentication authenticationJSON `json:"authentication"`
	Infrastructure infrastructureJSON `json:"infrastructure"`
	Features       map[string]bool    `json:"features" doc:"Every ENABLE_ setting."`
	Endpoints      map[string]string  `json:"endpoints" doc:"Where things are."`
}

type authenticationJSON struct {
	Methods           []string `json:"methods" nullable:"false" doc:"How users may prove who they are." example:"[\"password\"]"`
	PasswordMinLength int      `json:"password_min_length" example:"12"`
	// The name is of RFC 9449 section 5.1.
	ProofAlgorithms []string `json:"dpop_signing_alg_values_supported" nullable:"false" doc:"What DPoP proofs may be signed with." example:"[\"ES256\"]"`
}

type infrastructureJSON struct {
	Database string `json:"database" example:"postgresql"`
	Cache    string `json:"cache" example:"redis"`
}

func (h health) status(context.Context, *none) (*answer[statusJSON], error) {
	endpoints := map[string]string{
		"auth": "/api/v1/auth", "me": "/api/v1/users/me", "sessions": "/api/v1/sessions",
		"introspection": "/api/v1/auth/introspect", "revocations": "/api/v1/revocations",
		"jwks": "/.well-known/jwks.json", "health": "/health", "ready": "/ready",
	}
	if h.opts.Docs {
		endpoints["docs"], endpoints["openapi"] = "/docs", "/openapi.json"
	}
	features := h.opts.Features
	if features == nil {
		features = map[string]bool{}
	}
	methods := []string{"password"}
	if features["magic_links"] {
		methods = append(methods, "magic_link")
	}
	return &answer[statusJSON]{statusJSON{
		Status: "operational", Version: h.opts.Version,
		Authentication: authenticationJSON{Methods: methods, PasswordMinLength: h.opts.PasswordMinLength, ProofAlgorithms: h.proofs.Algorithms()},
		Infrastructure: infrastructureJSON{Database: h.opts.Database, Cache: h.opts.Cache},
		Features:       features, Endpoints: endpoints,
	}}, nil
}

func (s *Server) metrics(c echo.Context) error {
	s.opts.Metrics.ServeHTTP(c.Response(), c.Request())
	return nil
}
