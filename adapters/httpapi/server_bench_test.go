package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/adapters/httpapi"
)

// What the stations before a handler cost, beside a router without any.
func BenchmarkChain(b *testing.B) {
	bare := echo.New()
	bare.GET("/health", func(c echo.Context) error {
		return c.JSON(http.StatusOK, map[string]string{"status": "healthy", "version": "1.2.3", "environment": "test"})
	})
	quiet := func(o *httpapi.Options) { o.Log = slog.New(slog.DiscardHandler) }
	full := start(b, newFakes(), quiet)
	for name, c := range map[string]struct {
		handler http.Handler
		request *http.Request
	}{
		"bare":   {bare, ask("GET", "/health", "")},
		"health": {full, ask("GET", "/health", "")},
		"me":     {full, asAnn("GET", "/api/v1/auth/me")},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.handler.ServeHTTP(httptest.NewRecorder(), c.request)
			}
		})
	}
	b.Run("signin", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			full.ServeHTTP(httptest.NewRecorder(), signIn())
		}
	})
}
