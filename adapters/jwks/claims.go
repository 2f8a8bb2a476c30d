package jwks

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
)

// wire is what an access token says, as it is written (RFC 9068 section 2.2).
type wire struct {
	Issuer    string     `json:"iss"`
	Audience  []string   `json:"aud"`
	Subject   user.ID    `json:"sub"`
	ClientID  string     `json:"client_id"`
	Session   session.ID `json:"sid"`
	Tenant    tenant.ID  `json:"tid"`
	ID        token.ID   `json:"jti"`
	IssuedAt  int64      `json:"iat"`
	NotBefore int64      `json:"nbf"`
	ExpiresAt int64      `json:"exp"`
	Type      string     `json:"type"`
	AuthTime  int64      `json:"auth_time"`
	Methods   []string   `json:"amr"`
	// Confirmation names the key that the token is bound to (RFC 7800, RFC
	// 9449 section 6.1).
	Confirmation *confirmation `json:"cnf,omitempty"`
}

type confirmation struct {
	Thumbprint string `json:"jkt"`
}

// accessType is the type claim, which tells the access token from other tokens
// for those who do not look at the header.
const accessType = "access"

// maxInstant is the last second of the year 9999, the last that RFC 3339 can
// write.
const maxInstant = 253402300799

func writeClaims(c token.Claims) ([]byte, error) {
	w := wire{
		Issuer: c.Issuer, Audience: c.Audience, Subject: c.Subject, ClientID: c.ClientID,
		Session: c.Session, Tenant: c.Tenant, ID: c.ID,
		IssuedAt: c.IssuedAt.Unix(), NotBefore: c.NotBefore.Unix(), ExpiresAt: c.ExpiresAt.Unix(),
		Type: accessType, AuthTime: c.AuthTime.Unix(), Methods: c.Methods,
	}
	for _, at := range []int64{w.IssuedAt, w.NotBefore, w.ExpiresAt, w.AuthTime} {
		if at < 0 || at > maxInstant {
			return nil, fmt.Errorf("an instant of the claims, %d, is outside the years 1970 to 9999", at)
		}
	}
	if c.KeyThumbprint != "" {
		w.Confirmation = &confirmation{c.KeyThumbprint}
	}
	if w.Audience == nil {
		w.Audience = []string{}
	}
	if w.Methods == nil {
		w.Methods = []string{}
	}
	b, err := json.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("encode claims: %w", err)
	}
	return b, nil
}

// readClaims reads what was signed. A claim it does not know is passed over: a
// newer instance may have written it.
func readClaims(body []byte) (token.Claims, error) {
	claims, err := readObject(body)
	if err != nil {
		return token.Claims{}, err
	}
	r := reader{claims: claims}
	if typ := r.text("type"); typ != accessType {
		r.wrong("type")
	}
	c := token.Claims{
		Issuer: r.text("iss"), Audience: r.texts("aud"), ClientID: r.text("client_id"),
		Subject: identifier[user.User](&r, "sub"), Session: identifier[session.Session](&r, "sid"),
		Tenant: identifier[tenant.Tenant](&r, "tid"), ID: identifier[token.Claims](&r, "jti"),
		IssuedAt: r.instant("iat"), NotBefore: r.instant("nbf"), ExpiresAt: r.instant("exp"),
		AuthTime: r.instant("auth_time"), Methods: r.texts("amr"),
		KeyThumbprint: r.confirmation(),
	}
	if r.err != nil {
		return token.Claims{}, r.err
	}
	return c, nil
}

// reader reads claims, and remembers the first that is missing or malformed.
type reader struct {
	claims map[string]json.RawMessage
	err    error
}

func (r *reader) wrong(claim string) {
	if r.err == nil {
		r.err = invalid("claim " + claim + " is missing or malformed")
	}
}

func (r *reader) text(claim string) string {
	var s string
	if !readString(r.claims[claim], &s) {
		r.wrong(claim)
	}
	return s
}

// confirmation reads the thumbprint of the key that a token is bound to; empty
// when it is bound to none. A confirmation of another kind is malformed: a
// token that is bound in a way not known here must not pass for a bearer's.
func (r *reader) confirmation() string {
	raw, bound := r.claims["cnf"]
	if !bound {
		return ""
	}
	var thumbprint string
	members, err := readObject(raw)
	if err != nil || len(members) != 1 || !readString(members["jkt"], &thumbprint) {
		r.wrong("cnf")
	}
	return thumbprint
}

// texts reads an array of strings. A null in it, or in its place, would be
// read as an empty one.
func (r *reader) texts(claim string) []string {
	var members []json.RawMessage
	raw := r.claims[claim]
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &members) != nil {
		r.wrong(claim)
		return nil
	}
	list := make([]string, len(members))
	for i, member := range members {
		if !readString(member, &list[i]) {
			r.wrong(claim)
			return nil
		}
	}
	return list
}

// instant reads whole seconds: digits alone, no sign, fraction or exponent.
func (r *reader) instant(claim string) time.Time {
	raw := r.claims[claim]
	for _, c := range raw {
		if c < '0' || c > '9' {
			r.wrong(claim)
			return time.Time{}
		}
	}
	seconds, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || seconds > maxInstant {
		r.wrong(claim)
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

func identifier[T any](r *reader, claim string) id.Of[T] {
	o, err := id.Parse[T](r.text(claim))
	if err != nil {
		r.wrong(claim)
	}
	return o
}
