package httpapi

import "net/http"

// The content security policy of answers that are not pages.
const apiPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Everything a browser could lend to a document, switched off.
const permissionsPolicy = "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), clipboard-write=(), " +
	"cross-origin-isolated=(), display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), " +
	"hid=(), idle-detection=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), " +
	"publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), " +
	"storage-access=(), usb=(), web-share=(), xr-spatial-tracking=()"

// setHeaders puts on what every answer carries. It runs before anything can go
// wrong; a handler may relax Cache-Control, and a page its policy.
func (s *Server) setHeaders(h http.Header, r *http.Request, c *call) {
	h.Set("X-Request-ID", c.caller.RequestID)
	if s.opts.HSTS || r.TLS != nil || s.forwardedOverTLS(r) {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", permissionsPolicy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", apiPolicy)
	h.Set("Cache-Control", "no-store")
}
