package config

import (
	"slices"
	"strings"
)

// environment adds what the environment itself refuses.
func (f *findings) environment(cfg Config) {
	switch cfg.Environment {
	case Production:
		f.secrets(cfg)
		f.production(cfg)
	case Staging:
		f.secrets(cfg)
	}
}

// production refuses what is unsafe before the public.
func (f *findings) production(cfg Config) {
	s := cfg.Server
	f.require(!cfg.Debug, "DEBUG", "is true; production needs false")
	f.require(!cfg.Features.Docs, "ENABLE_DOCS", "is true; production needs false")
	f.require(s.PublicURL != "", "PUBLIC_URL", "is missing; production needs the https address that clients use")
	f.require(s.PublicURL == "" || isHTTPS(s.PublicURL), "PUBLIC_URL", "is not https; production needs https")
	f.require(s.FrontendURL == s.PublicURL || isHTTPS(s.FrontendURL), "FRONTEND_URL", "is not https; production needs https, for the links in mails hold secrets")
	f.require(isHTTPS(cfg.JWT.Issuer), "JWT_ISSUER", "is not https; production needs https, and takes PUBLIC_URL when no other is set")
	f.kmsInProduction(cfg.JWT.KMSURI)
	f.require(len(s.AllowedHosts) > 0, "ALLOWED_HOSTS", "is missing; production needs the host names to answer to")
	f.require(!slices.Contains(s.AllowedHosts, "*"), "ALLOWED_HOSTS", "holds *; production needs the host names one by one")
	for _, o := range s.CORSOrigins {
		f.require(isHTTPS(o), "CORS_ORIGINS", "holds %s; production needs https", quoted(o))
	}
}

// isHTTPS tells whether a parsed address has the scheme https; schemes are
// compared without case (RFC 3986 section 3.1).
func isHTTPS(address string) bool {
	scheme, _, _ := strings.Cut(address, "://")
	return strings.EqualFold(scheme, "https")
}

// secrets refuses keys that can be guessed.
func (f *findings) secrets(cfg Config) {
	f.strong("SECRET_KEY", "", cfg.SecretKey)
	if !isPEM(cfg.JWT.SecretKey) {
		f.strong("JWT_SECRET_KEY", "", cfg.JWT.SecretKey)
	}
	for _, previous := range cfg.SecretKeyPrevious {
		f.strong("SECRET_KEY_PREVIOUS", "holds a key that ", previous)
	}
	for _, previous := range cfg.JWT.SecretKeyPrevious {
		f.strong("JWT_SECRET_KEY_PREVIOUS", "holds a key that ", previous)
	}
	f.require(cfg.SecretKey == "" || cfg.SecretKey != cfg.JWT.SecretKey, "JWT_SECRET_KEY", "is the same as SECRET_KEY; each needs its own")
}

// strong requires a key that nobody guesses, and names every reason against it.
func (f *findings) strong(name, subject string, key Secret) {
	if reasons := weaknesses(key.Reveal()); len(reasons) > 0 {
		f.add(name, subject+strings.Join(reasons, " and ")+"; make one with: openssl rand -base64 48")
	}
}

const (
	// minSecretBytes is the size of the keys derived from a secret.
	minSecretBytes = 32
	// minDistinct characters are in all but one in ten million random secrets of
	// 32 hexadecimal digits, the poorest that are long enough.
	minDistinct = 8
)

// weaknesses gives the reasons against a key, each beginning with "is".
func weaknesses(key string) []string {
	if key == "" {
		return []string{"is missing"}
	}
	var reasons []string
	if wellKnown(key) {
		reasons = append(reasons, "is a well-known placeholder")
	}
	if len(key) < minSecretBytes {
		reasons = append(reasons, "is shorter than 32 bytes")
	} else if distinct(key) < minDistinct || repeats(key) {
		reasons = append(reasons, "is too regular to be random")
	}
	return reasons
}

// distinct counts different bytes.
func distinct(key string) int {
	var seen [256]bool
	count := 0
	for i := range len(key) {
		if !seen[key[i]] {
			seen[key[i]] = true
			count++
		}
	}
	return count
}

// repeats tells whether key is a shorter text written over and over, or goes up
// or down the alphabet for the most part.
func repeats(key string) bool {
	for period := 1; period <= len(key)/2; period++ {
		if strings.HasPrefix(key, key[period:]) {
			return true
		}
	}
	var up, down int
	for i := 1; i < len(key); i++ {
		switch int(key[i]) - int(key[i-1]) {
		case 1:
			up++
		case -1:
			down++
		}
	}
	return max(up, down) > len(key)/2
}

// wellKnown tells whether key is, or contains, what examples and templates say
// in place of a secret. Each part is long enough never to be met in a random key.
func wellKnown(key string) bool {
	letters := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_. +*/", r) {
			return -1
		}
		return r
	}, strings.ToLower(key))
	if slices.Contains([]string{"secret", "dev", "test", "plinto", "key", "admin", "none", "null", "todo"}, letters) {
		return true
	}
	return slices.ContainsFunc([]string{
		"changeme", "changethis", "changeit", "changein", "replaceme", "replacethis", "yoursecret", "yoursuper", "yourkey", "yourjwt",
		"yourapp", "secretkey", "supersecret", "mysecret", "thesecret", "jwtsecret", "testsecret", "devsecret", "appsecret",
		"notasecret", "secrethere", "keyhere", "password", "insecure", "placeholder", "generateme", "thisisa", "development",
	}, func(part string) bool { return strings.Contains(letters, part) })
}
