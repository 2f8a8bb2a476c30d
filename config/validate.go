package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Check gives everything that is wrong with cfg, in the order of [Settings]:
// what is out of range, what its environment refuses, and what asks for a
// feature that this version does not have. [Load] gives the same before it gives
// a Config, so a loaded one is flawless; ask again with another Environment to
// learn what stands between a configuration and production.
func Check(cfg Config) []Fault {
	var f findings
	f.server(cfg)
	f.database(cfg)
	f.tokens(cfg)
	f.privateKey(cfg.JWT)
	f.kms(cfg.JWT)
	f.sessions(cfg.Session, cfg.JWT.AccessLifetime)
	f.proofs(cfg.Proof)
	f.retention(cfg)
	f.passwords(cfg)
	f.limits(cfg.RateLimit)
	f.mail(cfg)
	f.links(cfg)
	f.guesses(cfg.Guesses)
	f.environment(cfg)
	f.unavailable(cfg)
	inOrder(f.List, catalogue(new(Config)))
	return f.List
}

// findings collects what is wrong.
type findings struct{ Faults }

// require notes a fault unless ok.
func (f *findings) require(ok bool, name, format string, args ...any) {
	if !ok {
		f.add(name, fmt.Sprintf(format, args...))
	}
}

// within requires low ≤ n ≤ high.
func (f *findings) within(name string, n, low, high int) {
	f.require(low <= n && n <= high, name, "is %d; it must be %d to %d", n, low, high)
}

// atLeast requires n ≥ low.
func (f *findings) atLeast(name string, n, low int) {
	f.require(n >= low, name, "is %d; it must be at least %d", n, low)
}

// positive requires a duration above zero.
func (f *findings) positive(name string, d time.Duration) {
	f.require(d > 0, name, "is %v; it must be more than zero", d)
}

// notNegative requires a duration of zero or more.
func (f *findings) notNegative(name string, d time.Duration) {
	f.require(d >= 0, name, "is %v; it must not be negative", d)
}

func (f *findings) server(cfg Config) {
	s := cfg.Server
	f.require(slices.Contains([]Environment{Development, Staging, Production, Test}, cfg.Environment), "ENVIRONMENT", "is %s; it must be development, staging, production or test", quoted(string(cfg.Environment)))
	f.require(cfg.DataDir != "", "DATA_DIR", "is blank; name a directory")
	f.require(validHost(s.Host), "HOST", "is not a host to listen on; write a name or an address without brackets and port, such as 127.0.0.1")
	f.within("PORT", s.Port, 0, maxPort)
	f.notNegative("SHUTDOWN_DELAY", s.ShutdownDelay)
	f.positive("SHUTDOWN_TIMEOUT", s.ShutdownTimeout)
}

const maxPort = 65535

// maxConnections is far beyond what a server keeps up with, and keeps sums small.
const maxConnections = 10_000

func (f *findings) database(cfg Config) {
	d := cfg.Database
	f.require(d.Path != MemoryPath || cfg.Environment == Test, "DATABASE_URL", "keeps everything in memory, which only ENVIRONMENT=test allows; write sqlite:path")
	f.within("DATABASE_POOL_SIZE", d.PoolSize, 1, maxConnections)
	f.within("DATABASE_MAX_OVERFLOW", d.MaxOverflow, 0, maxConnections)
	f.positive("DATABASE_POOL_TIMEOUT", d.PoolTimeout)
	f.positive("DATABASE_CONNECT_TIMEOUT", d.ConnectTimeout)
	f.positive("DATABASE_STATEMENT_TIMEOUT", d.StatementTimeout)
	f.positive("DATABASE_LOCK_TIMEOUT", d.LockTimeout)
	f.positive("DATABASE_CONN_MAX_LIFETIME", d.ConnMaxLifetime)
	f.notNegative("DATABASE_CONN_MAX_LIFETIME_JITTER", d.ConnMaxLifetimeJitter)
	f.positive("DATABASE_CONN_MAX_IDLE_TIME", d.ConnMaxIdleTime)
	f.positive("REDIS_TIMEOUT", cfg.Redis.Timeout)
}

func (f *findings) tokens(cfg Config) {
	j := cfg.JWT
	f.require(slices.Contains([]Algorithm{RS256, ES256, EdDSA}, j.Algorithm), "JWT_ALGORITHM", "is %s; it must be RS256, ES256 or EdDSA, whose verifiers cannot sign", quoted(string(j.Algorithm)))
	f.require(slices.Contains([]int{2048, 3072, 4096}, j.RSABits), "JWT_RSA_BITS", "is %d; it must be 2048, 3072 or 4096", j.RSABits)
	f.require(j.Audience != "", "JWT_AUDIENCE", "is blank; name who the tokens are for")
	f.positive("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", j.AccessLifetime)
	f.notNegative("JWKS_MAX_AGE", j.JWKSMaxAge)
	// A minute for clocks and for the fetch itself: whoever keeps the published
	// keys for JWKS_MAX_AGE must have met the new one before it signs.
	least := j.JWKSMaxAge + time.Minute
	f.require(j.KeyPublishLead >= least, "KEY_PUBLISH_LEAD", "is %v; it must be at least %v, which is JWKS_MAX_AGE and a minute", j.KeyPublishLead, least)
	f.notNegative("KEY_ROTATION_DAYS", j.KeyRotation)
	f.require(j.KeyRotation <= 0 || j.KeyRotation > j.KeyPublishLead, "KEY_ROTATION_DAYS", "is %v; it must be longer than KEY_PUBLISH_LEAD, which is %v", j.KeyRotation, j.KeyPublishLead)
}

func (f *findings) sessions(s Session, access time.Duration) {
	f.positive("JWT_REFRESH_TOKEN_EXPIRE_DAYS", s.RefreshLifetime)
	f.require(s.RefreshLifetime <= 0 || access < s.RefreshLifetime, "JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "is %v; it must be shorter than JWT_REFRESH_TOKEN_EXPIRE_DAYS", access)
	f.positive("SESSION_ABSOLUTE_DAYS", s.AbsoluteLifetime)
	f.require(s.AbsoluteLifetime >= s.RefreshLifetime, "SESSION_ABSOLUTE_DAYS", "is shorter than JWT_REFRESH_TOKEN_EXPIRE_DAYS; it must be at least as long")
	f.idleness(s, access)
	f.require(0 <= s.RefreshGrace && s.RefreshGrace <= time.Minute, "REFRESH_GRACE_SECONDS", "is %v; it must be 0 to 60 seconds", s.RefreshGrace)
	f.notNegative("STEP_UP_MINUTES", s.StepUp)
	f.require(s.AbsoluteLifetime <= 0 || s.StepUp < s.AbsoluteLifetime, "STEP_UP_MINUTES", "is %v; it must be shorter than SESSION_ABSOLUTE_DAYS, or 0", s.StepUp)
	f.atLeast("MAX_SESSIONS_PER_USER", s.MaxPerUser, 0)
}

func (f *findings) proofs(p Proof) {
	f.require(time.Second <= p.MaxAge && p.MaxAge <= 10*time.Minute, "DPOP_MAX_AGE", "is %v; it must be 1s to 10m", p.MaxAge)
	f.require(0 <= p.Leeway && p.Leeway <= time.Minute, "DPOP_LEEWAY", "is %v; it must be 0s to 1m", p.Leeway)
}

// idleness requires room for a client that does nothing but refresh: it comes
// when its access token runs out, and may be late.
func (f *findings) idleness(s Session, access time.Duration) {
	if s.IdleLifetime == 0 {
		return
	}
	const name = "SESSION_IDLE_MINUTES"
	f.require(s.IdleLifetime >= 2*access, name, "is %v; it must be 0, or at least %v, which is twice JWT_ACCESS_TOKEN_EXPIRE_MINUTES", s.IdleLifetime, 2*access)
	f.require(s.IdleLifetime < s.RefreshLifetime, name, "is %v; it must be shorter than JWT_REFRESH_TOKEN_EXPIRE_DAYS, or it ends no session", s.IdleLifetime)
}

// retention keeps an ended session at least as long as its access tokens may
// live: while the feed of revocations is behind, its row is what is asked.
func (f *findings) retention(cfg Config) {
	least := cfg.JWT.AccessLifetime + cfg.JWT.AccessLifetime/20 + time.Minute
	f.require(cfg.Session.Retention >= least, "SESSION_RETENTION_DAYS", "is %v; it must be at least %v, the longest that an access token lives and a minute", cfg.Session.Retention, least)
}

// The most that a hash of Argon2 may cost: in memory, in KiB, and in all.
const (
	maxArgon2Memory = 1 << 18
	maxArgon2Work   = 1 << 20
)

// maxHIBPTimeout is how long somebody who signs up may be kept waiting for what
// is not even needed.
const maxHIBPTimeout = 5 * time.Second

func (f *findings) passwords(cfg Config) {
	p := cfg.Password
	f.within("PASSWORD_MIN_LENGTH", p.MinLength, 8, 64)
	cheapest := 10
	switch cfg.Environment {
	case Test:
		cheapest = 4
	case Production:
		cheapest = 12
	}
	f.within("BCRYPT_ROUNDS", p.BcryptRounds, cheapest, 15)
	// No less than OWASP's cheapest (Password Storage Cheat Sheet), but in tests.
	memory, passes := 19456, 2
	if cfg.Environment == Test {
		memory, passes = 8*p.Argon2Lanes, 1
	}
	f.within("ARGON2_MEMORY_KIB", p.Argon2Memory, memory, maxArgon2Memory)
	f.within("ARGON2_PASSES", p.Argon2Passes, passes, 16)
	f.within("ARGON2_LANES", p.Argon2Lanes, 1, 16)
	if p.Argon2Memory <= maxArgon2Memory && p.Argon2Passes <= 16 {
		f.require(p.Argon2Memory*p.Argon2Passes <= maxArgon2Work, "ARGON2_PASSES", "times ARGON2_MEMORY_KIB is %d; it must be at most %d", p.Argon2Memory*p.Argon2Passes, maxArgon2Work)
	}
	f.require(!p.HIBPEnabled || cfg.Environment != Production || strings.HasPrefix(p.HIBPURL, "https://"), "PASSWORD_HIBP_URL", "must begin with https://")
	f.positive("PASSWORD_HIBP_TIMEOUT", p.HIBPTimeout)
	f.require(p.HIBPTimeout <= maxHIBPTimeout, "PASSWORD_HIBP_TIMEOUT", "is %v; it must be at most %v", p.HIBPTimeout, maxHIBPTimeout)
	f.atLeast("BCRYPT_QUEUE", p.Queue, 1)
	f.positive("BCRYPT_QUEUE_TIMEOUT", p.QueueTimeout)
}

func (f *findings) limits(r RateLimit) {
	f.atLeast("RATE_LIMIT_PER_MINUTE", r.PerMinute, 1)
	f.atLeast("RATE_LIMIT_PER_HOUR", r.PerHour, 1)
	f.atLeast("RATE_LIMIT_SIGNUP_PER_MINUTE", r.SignupPerMinute, 1)
	f.atLeast("RATE_LIMIT_SIGNUP_PER_HOUR", r.SignupPerHour, 1)
	f.atLeast("RATE_LIMIT_SIGNIN_PER_ADDRESS_PER_5_MINUTES", r.SigninPerAddressPer5Minutes, 1)
	f.atLeast("RATE_LIMIT_SIGNIN_PER_ACCOUNT_PER_MINUTE", r.SigninPerAccountPerMinute, 1)
	f.atLeast("RATE_LIMIT_REFRESH_PER_SESSION_PER_5_MINUTES", r.RefreshPerSessionPer5Minutes, 1)
	f.atLeast("RATE_LIMIT_MAIL_PER_ADDRESS_PER_HOUR", r.MailPerAddressPerHour, 1)
	f.atLeast("RATE_LIMIT_MAIL_PER_ACCOUNT_PER_HOUR", r.MailPerAccountPerHour, 1)
	f.atLeast("RATE_LIMIT_LINK_PER_ADDRESS_PER_5_MINUTES", r.LinkPerAddressPer5Minutes, 1)
	f.atLeast("RATE_LIMIT_CLIENT_PER_MINUTE", r.ClientPerMinute, 1)
}
