package plinto

import (
	"encoding/json"
	"slices"
	"time"
)

// Claims are what an access token says (RFC 9068 section 2.2).
type Claims struct {
	Issuer   string
	Subject  string // the user's id
	Audience []string
	ClientID string
	Session  string // sid
	Tenant   string // tid
	ID       string // jti

	IssuedAt, NotBefore, ExpiresAt time.Time
	AuthTime                       time.Time // when the user last proved who they are
	Methods                        []string  // how (amr, RFC 8176)

	// KeyThumbprint is the key that the token is bound to (cnf.jkt, RFC 9449
	// section 6.1); empty when it is bound to none.
	KeyThumbprint string

	kid   string
	bound bool // to whatever kind of key
}

// accessType is the type claim of an access token.
const accessType = "access"

// readClaims reads what was signed. Names are taken by their exact letters.
func readClaims(body []byte) (Claims, bool) {
	var all map[string]json.RawMessage
	if json.Unmarshal(body, &all) != nil {
		return Claims{}, false
	}
	var c Claims
	var kind string
	var issued, notBefore, expires, authTime int64
	for name, to := range map[string]any{
		"iss": &c.Issuer, "sub": &c.Subject, "client_id": &c.ClientID, "sid": &c.Session, "tid": &c.Tenant, "jti": &c.ID, "type": &kind,
		"iat": &issued, "nbf": &notBefore, "exp": &expires, "auth_time": &authTime, "amr": &c.Methods, "aud": &c.Audience,
	} {
		raw, given := all[name]
		if !given || string(raw) == "null" || json.Unmarshal(raw, to) != nil {
			return Claims{}, false
		}
	}
	if cnf, given := all["cnf"]; given {
		c.bound = true
		var confirmation map[string]json.RawMessage
		if json.Unmarshal(cnf, &confirmation) != nil {
			return Claims{}, false
		}
		if jkt, by := confirmation["jkt"]; by && json.Unmarshal(jkt, &c.KeyThumbprint) != nil {
			return Claims{}, false
		}
	}
	c.IssuedAt, c.NotBefore, c.ExpiresAt, c.AuthTime = instant(issued), instant(notBefore), instant(expires), instant(authTime)
	return c, kind == accessType && c.Subject != "" && c.Session != ""
}

func instant(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// goodAt tells whether the claims are for us and of use at now.
func (c Claims) goodAt(now time.Time, o Options) bool {
	return c.Issuer == o.Issuer && slices.Contains(c.Audience, o.Audience) &&
		now.Before(c.ExpiresAt.Add(o.Leeway)) &&
		!now.Add(o.Leeway).Before(c.NotBefore) && !now.Add(o.Leeway).Before(c.IssuedAt)
}
