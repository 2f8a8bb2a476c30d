package httpapi

import (
	"net/http"

	"github.com/plinto/plinto/core/fault"
)

const (
	get   = http.MethodGet
	post  = http.MethodPost
	put   = http.MethodPut
	patch = http.MethodPatch
	del   = http.MethodDelete
)

// table is the whole API. A slash behind a path changes nothing, and HEAD is
// served wherever GET is.
func (s *Server) table() []route {
	a := accounts{s.services.Accounts}
	p := passwords{s.services.Passwords}
	q := profiles{s.services.Profiles}
	rec := recovery{s.services.Recovery}
	adr := addresses{s.services.Addresses}
	m := magicLinks{s.services.MagicLinks}
	inv := invitations{s.services.Invitations}
	t := tokens{s.services.Tokens}
	v := sessions{s.services.Sessions}
	y := activity{s.services.Activity}
	k := keys{s.services.Keys}
	i := introspection{s.services.Introspection, s.services.Clients}
	l := revocations{s.services.RevocationLog, s.services.Clients, s}
	h := health{s.services.Health, s.services.Proofs, s.opts}

	routes := []route{
		s.signUpRoute(a),
		{
			method: post, path: "/api/v1/auth/signin", id: "signIn", tag: "Authentication",
			summary: "Sign in by password", admission: countedByUseCase, binds: true,
			aliases: []alias{{path: "/api/v1/auth/login", id: "login"}}, serve: bodyHandler(a.signIn),
			faults: []fault.Code{fault.InvalidCredentials, fault.Overloaded},
		},
		{
			method: post, path: "/api/v1/auth/refresh", id: "refresh", tag: "Authentication",
			summary: "Exchange a refresh token for new tokens", admission: countedByUseCase, binds: true,
			serve: bodyHandler(t.refresh), faults: []fault.Code{fault.InvalidRefreshToken},
		},
		{
			method: post, path: "/api/v1/auth/signout", id: "signOut", tag: "Authentication",
			summary: "End this session", success: http.StatusNoContent, access: tokenHolder,
			aliases: []alias{{path: "/api/v1/auth/logout", id: "logout"}}, serve: handler(t.signOut),
		},
		{
			method: post, path: "/api/v1/auth/reauthenticate", id: "reauthenticate", tag: "Authentication",
			summary: "Prove the password again, for what asks for recent proof (RFC 9470)", access: signedIn, admission: countedByUseCase,
			serve: bodyHandler(p.reauthenticate), faults: []fault.Code{fault.InvalidCredentials, fault.Overloaded},
		},
		{
			method: post, path: "/api/v1/auth/password/change", id: "changePassword", tag: "Authentication",
			summary: "Change the password, and end all my sessions but this one", success: http.StatusNoContent,
			access: signedIn, admission: countedByUseCase,
			aliases: []alias{{path: "/api/v1/auth/password/change", id: "putPassword", method: put}}, serve: bodyHandler(p.change),
			faults: []fault.Code{fault.WrongPassword, fault.ReauthenticationRequired, fault.Overloaded},
		},
		{
			method: post, path: "/api/v1/auth/password/forgot", id: "forgotPassword", tag: "Authentication",
			summary: "Have a link mailed that sets another password, if there is such an account", success: http.StatusAccepted, admission: countedByUseCase,
			aliases: []alias{{path: "/api/v1/auth/forgot-password", id: "forgotPasswordAlias"}}, serve: bodyHandler(rec.forgot),
			faults: []fault.Code{fault.MailDisabled},
		},
		{
			method: post, path: "/api/v1/auth/password/reset", id: "resetPassword", tag: "Authentication",
			summary: "Set another password by a mailed link, and end all sessions", success: http.StatusNoContent, admission: countedByUseCase,
			aliases: []alias{{path: "/api/v1/auth/reset-password", id: "resetPasswordAlias"}}, serve: bodyHandler(rec.reset),
			faults: []fault.Code{fault.InvalidOrExpiredToken, fault.Overloaded},
		},
		{
			method: post, path: "/api/v1/auth/email/verify", id: "verifyEmail", tag: "Authentication",
			summary: "Verify my address by a mailed link, best from a session of the account", success: http.StatusNoContent,
			access: mayBeSignedIn, admission: countedByUseCase,
			aliases: []alias{{path: "/api/v1/auth/verify-email", id: "verifyEmailAlias"}}, serve: bodyHandler(adr.verify),
			faults: []fault.Code{fault.InvalidOrExpiredToken},
		},
		{
			method: post, path: "/api/v1/auth/email/resend-verification", id: "resendVerification", tag: "Authentication",
			summary: "Have the link mailed again that verifies my address", success: http.StatusAccepted, access: signedIn, admission: countedByUseCase,
			serve: handler(adr.resend), faults: []fault.Code{fault.AlreadyVerified, fault.MailDisabled},
		},
		{
			method: post, path: "/api/v1/auth/email/confirm", id: "confirmEmail", tag: "Authentication",
			summary: "Give the account another address by a mailed link, best from a session of the account", success: http.StatusNoContent,
			access: mayBeSignedIn, admission: countedByUseCase, serve: bodyHandler(adr.confirm),
			faults: []fault.Code{fault.InvalidOrExpiredToken, fault.EmailTaken},
		},
		{
			method: post, path: "/api/v1/auth/magic-link", id: "requestMagicLink", tag: "Authentication",
			summary: "Have a link mailed that signs in, if there is such an account", success: http.StatusAccepted, admission: countedByUseCase,
			serve: bodyHandler(m.request), faults: []fault.Code{fault.MagicLinksDisabled, fault.MailDisabled},
		},
		{
			method: post, path: "/api/v1/auth/magic-link/verify", id: "signInByMagicLink", tag: "Authentication",
			summary: "Sign in by a mailed link", admission: countedByUseCase, binds: true,
			serve: bodyHandler(m.signIn), faults: []fault.Code{fault.InvalidOrExpiredToken, fault.MagicLinksDisabled},
		},
		{
			method: post, path: "/api/v1/auth/invitation/accept", id: "acceptInvitation", tag: "Authentication",
			summary: "Begin the account that I am invited to, with a password, and sign in", admission: countedByUseCase, binds: true,
			serve: bodyHandler(inv.accept), faults: []fault.Code{fault.InvalidOrExpiredToken, fault.Overloaded},
		},
		{
			method: post, path: "/api/v1/users/me/email", id: "changeEmail", tag: "Users",
			summary: "Have a link mailed to another address of mine, which becomes the account's by it", success: http.StatusAccepted,
			access: signedIn, admission: countedByUseCase, serve: bodyHandler(adr.change),
			faults: []fault.Code{fault.ReauthenticationRequired, fault.MailDisabled},
		},
		{
			method: get, path: "/api/v1/auth/me", id: "me", tag: "Users",
			summary: "Who am I", access: signedIn, tagged: true,
			aliases: []alias{{path: "/api/v1/users/me", id: "getMe"}}, serve: handler(a.me),
		},
		{
			method: patch, path: "/api/v1/users/me", id: "updateMe", tag: "Users",
			summary: "Change what I say of myself: absent leaves a value, null removes it (RFC 7396)", access: signedIn, tagged: true,
			serve: patchHandler(q.update), faults: []fault.Code{fault.UsernameTaken, fault.Conflict},
		},
		{
			method: del, path: "/api/v1/users/me", id: "eraseMe", tag: "Users",
			summary: "Erase my account and everything that is stored about me, for good", success: http.StatusNoContent,
			access: signedIn, tagged: true, admission: countedByUseCase, serve: bodyHandler(q.erase),
			faults: []fault.Code{fault.WrongPassword, fault.ReauthenticationRequired, fault.Conflict, fault.LastAdministrator, fault.Overloaded},
		},
		{
			method: get, path: "/api/v1/users/me/export", id: "exportMe", tag: "Users",
			summary: "Get everything that is stored about me, as a file", access: signedIn,
			serve: plain(q.export, s.exportContent(), describeExport), faults: []fault.Code{fault.ReauthenticationRequired},
		},
		{
			method: get, path: "/api/v1/sessions", id: "listSessions", tag: "Sessions",
			summary: "List my live sessions, the newest first", access: signedIn,
			serve: handler(v.list), faults: []fault.Code{fault.ValidationError},
		},
		{
			method: del, path: "/api/v1/sessions", id: "revokeOtherSessions", tag: "Sessions",
			summary: "End all my sessions but this one", access: signedIn, serve: handler(v.revokeOthers),
		},
		{
			method: get, path: "/api/v1/sessions/current", id: "getCurrentSession", tag: "Sessions",
			summary: "Get this session", access: signedIn, tagged: true, serve: handler(v.current),
		},
		{
			method: get, path: "/api/v1/sessions/activity/recent", id: "listActivity", tag: "Sessions",
			summary: "List what happened around my account, the last first", access: signedIn,
			serve: handler(y.recent), faults: []fault.Code{fault.ValidationError},
		},
		{
			method: get, path: "/api/v1/sessions/security/alerts", id: "listAlerts", tag: "Sessions",
			summary: "List what I should look at, the last first", access: signedIn,
			serve: handler(y.alerts), faults: []fault.Code{fault.ValidationError},
		},
		{
			method: get, path: "/api/v1/sessions/{id}", id: "getSession", tag: "Sessions",
			summary: "Get one of my sessions, an ended one too", access: signedIn, tagged: true,
			serve: handler(v.get), faults: []fault.Code{fault.NotFound},
		},
		{
			method: del, path: "/api/v1/sessions/{id}", id: "revokeSession", tag: "Sessions",
			summary: "End one of my sessions", success: http.StatusNoContent, access: signedIn, tagged: true,
			serve: handler(v.revoke), faults: []fault.Code{fault.NotFound},
		},
		{
			method: post, path: "/api/v1/auth/introspect", id: "introspect", tag: "Services",
			summary: "Tell another service what a token is good for (RFC 7662)", access: apiClient, admission: countedByUseCase,
			serve:  plain(i.introspect, s.introspectionContent(), describeIntrospection),
			faults: []fault.Code{fault.MalformedRequest, fault.UnsupportedMediaType, fault.ValidationError},
		},
		{
			method: get, path: "/api/v1/revocations", id: "listRevocations", tag: "Services",
			summary: "Tell another service what is revoked, a page at a time or as server-sent events", access: apiClient, admission: countedByUseCase,
			serve:  plain(l.list, s.revocationsContent(), describeRevocations),
			faults: []fault.Code{fault.ValidationError},
		},
		{
			method: get, path: "/.well-known/jwks.json", id: "jwks", tag: "Keys",
			summary: "Get the public keys that verify access tokens (RFC 7517)",
			serve:   plain(k.publish, s.jwksContent()),
		},
		{
			method: get, path: "/health", id: "health", tag: "Operations",
			summary: "Tell that the process lives", admission: uncounted, serve: handler(h.live),
		},
		{
			method: get, path: "/ready", id: "ready", tag: "Operations",
			summary: "Tell whether the service can do its work", admission: uncounted, serve: handler(h.ready),
		},
		{
			method: get, path: "/api/status", id: "status", tag: "Operations",
			summary: "Tell what this installation offers", serve: handler(h.status),
		},
	}
	routes = append(routes, s.administrationRoutes()...)
	if s.opts.Metrics != nil {
		routes = append(routes, route{
			method: get, path: "/metrics", id: "metrics", tag: "Operations",
			summary: "Get the metrics of the process, as Prometheus reads them", admission: uncounted,
			serve: plain(s.metrics, textContent("text/plain")),
		})
	}
	if s.opts.Docs {
		routes = append(routes, route{
			method: get, path: "/openapi.json", id: "openapi", tag: "Documents",
			summary: "Get this document", serve: plain(s.document.serveJSON, textContent("application/openapi+json")),
		}, route{
			method: get, path: "/docs", id: "docs", tag: "Documents",
			summary: "Read this document as a page", serve: plain(s.document.servePage, textContent("text/html")),
		})
	}
	return append(routes, s.mailboxRoutes()...)
}
