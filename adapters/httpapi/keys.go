package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/ports/inbound"
)

// keys serves inbound.Keys, as far as it is public.
type keys struct{ service inbound.Keys }

func (k keys) publish(c echo.Context) error {
	set, err := k.service.Published()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(set.Body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age="+strconv.FormatInt(int64(set.MaxAge.Seconds()), 10))
	h.Set("ETag", tag)
	if matches(c.Request().Header.Values("If-None-Match"), tag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, "application/jwk-set+json", set.Body)
}

// matches compares weakly, as If-None-Match does (RFC 9110 section 13.1.2).
func matches(fields []string, tag string) bool {
	for _, field := range fields {
		for candidate := range strings.SplitSeq(field, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}

type jwksJSON struct {
	Keys []jwkJSON `json:"keys" nullable:"false"`
}

type jwkJSON struct {
	_   none   `additionalProperties:"true"`
	KTY string `json:"kty" example:"RSA"`
	KID string `json:"kid" doc:"As in the header of the tokens it verifies."`
	ALG string `json:"alg" example:"RS256"`
	Use string `json:"use" enum:"sig"`
}

func (s *Server) jwksContent() map[string]*huma.MediaType {
	schema := s.document.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[jwksJSON](), true, "JWKS")
	return map[string]*huma.MediaType{"application/jwk-set+json": {Schema: schema}}
}
