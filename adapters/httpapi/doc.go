// Package httpapi owns the JSON API: it turns HTTP requests into calls of
// ports/inbound and their results into answers, and writes the OpenAPI document
// of what it does. It holds no rules of the service: whether a password is good
// or a session may be ended is asked, never decided. It knows nothing of
// storage, and of HTML only the page that shows the document.
//
// A request passes, in this order: the request id and the security headers, the
// deadline, the access log, the recovery from panics, the check of the host,
// cross-origin rules, the router, the rate limit, the shape of the body, the
// access token, the handler. Every refusal, wherever it happens, is an error
// that ends in Server.refuse, so that all of them look alike.
package httpapi
