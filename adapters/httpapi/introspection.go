package httpapi

import (
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
)

// introspection serves inbound.Introspection to API clients.
type introspection struct {
	service inbound.Introspection
	clients inbound.Clients
}

// introspectedJSON is the answer of RFC 7662 section 2.2. Of a token that is
// not active it has nothing but that.
type introspectedJSON struct {
	Active    bool     `json:"active"`
	TokenType string   `json:"token_type,omitempty" enum:"Bearer,DPoP" doc:"Of an access token: DPoP when it needs a proof of its key beside it (RFC 9449 section 6.2). A token without it is no access token: do not accept it as one."`
	ClientID  string   `json:"client_id,omitempty" example:"plinto"`
	Username  string   `json:"username,omitempty" example:"ann"`
	Subject   string   `json:"sub,omitempty" format:"uuid"`
	Audience  []string `json:"aud,omitempty" nullable:"false"`
	Issuer    string   `json:"iss,omitempty" example:"https://auth.example.com"`
	ExpiresAt int64    `json:"exp,omitempty" doc:"Seconds since 1970."`
	IssuedAt  int64    `json:"iat,omitempty"`
	NotBefore int64    `json:"nbf,omitempty"`
	ID        string   `json:"jti,omitempty" format:"uuid"`
	Session   string   `json:"sid,omitempty" format:"uuid"`
	Tenant    string   `json:"tid,omitempty" format:"uuid"`
	AuthTime  int64    `json:"auth_time,omitempty" doc:"When the user last proved who they are, in seconds since 1970."`
	Methods   []string `json:"amr,omitempty" nullable:"false" doc:"How they did (RFC 8176)." example:"[\"pwd\"]"`

	Confirmation *confirmationJSON `json:"cnf,omitempty"`
}

// confirmationJSON is the key that a token is bound to (RFC 7800 section 3.1).
type confirmationJSON struct {
	KeyThumbprint string `json:"jkt" doc:"The thumbprint of the key (RFC 7638), whose proof the token needs." example:"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"`
}

func newIntrospectedJSON(i inbound.Introspected) introspectedJSON {
	if !i.Active {
		return introspectedJSON{}
	}
	out := introspectedJSON{
		Active: true, ClientID: i.ClientID, Username: i.Username, Subject: i.Subject.String(), Audience: i.Audience, Issuer: i.Issuer,
		ExpiresAt: unix(i.ExpiresAt), IssuedAt: unix(i.IssuedAt), NotBefore: unix(i.NotBefore),
		Session: i.Session.String(), Tenant: i.Tenant.String(), AuthTime: unix(i.AuthTime), Methods: i.Methods,
	}
	if i.Kind == inbound.OfAccess {
		out.TokenType = "Bearer"
		if i.KeyThumbprint != "" {
			out.TokenType = "DPoP"
		}
	}
	if i.KeyThumbprint != "" {
		out.Confirmation = &confirmationJSON{i.KeyThumbprint}
	}
	if !i.ID.IsZero() {
		out.ID = i.ID.String()
	}
	return out
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func (i introspection) introspect(c echo.Context) error {
	ctx := c.Request().Context()
	call := callOf(ctx)
	form, err := readForm(c.Request())
	if err != nil {
		return err
	}
	cred, err := clientCredential(c.Request().Header, form)
	if err != nil {
		return err
	}
	if _, err := i.clients.Authenticate(ctx, call.caller, cred, client.Introspect); err != nil {
		return err
	}
	text := form.Get("token")
	if text == "" {
		return fault.Invalid(fault.FieldMissing.In("body.token"))
	}
	var told inbound.Introspected
	if len(text) <= maxToken {
		if told, err = i.service.Introspect(ctx, call.caller.Tenant, text); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, newIntrospectedJSON(told))
}

func (s *Server) introspectionContent() map[string]*huma.MediaType {
	schema := s.document.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[introspectedJSON](), true, "Introspected")
	return map[string]*huma.MediaType{"application/json": {Schema: schema}}
}

// describeIntrospection documents the form, which no type stands for.
func describeIntrospection(op *huma.Operation) {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{formType: {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"token"}, Properties: map[string]*huma.Schema{
			"token":           text("An access token or a refresh token."),
			"token_type_hint": text("access_token or refresh_token. It changes nothing: the token says itself what it is."),
			"client_id":       text("Of the client, when it does not use HTTP Basic."),
			"client_secret":   text("Of the client, when it does not use HTTP Basic."),
		},
	}}}}
}
