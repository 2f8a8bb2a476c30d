// Package config owns Plinto's settings: their names, defaults and meanings,
// where they are read from, and every reason to refuse them. It is the only
// package that reads configuration, and it reads it once: nothing here watches,
// reloads or changes after [Load].
//
// It refuses to guess. What cannot be read, is out of range, is unsafe for the
// environment or asks for something this version does not have is a fault, and
// all the faults are reported together. It knows no other package of Plinto:
// the program's composition turns a [Config] into what each part needs.
package config

import (
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// Environment says what Plinto runs for. Defaults and refusals depend on it.
type Environment string

const (
	// Development is a person's own machine: nothing has to be configured,
	// secrets may be missing and are then made in DATA_DIR.
	Development Environment = "development"
	// Staging rehearses production: secrets must be as good as there.
	Staging Environment = "staging"
	// Production serves people. Whatever is unsafe is refused at start.
	Production Environment = "production"
	// Test runs inside a test: cheap hashes, free ports and a database in memory
	// are allowed.
	Test Environment = "test"
)

// local tells whether secrets and addresses may be those of one machine.
func (e Environment) local() bool { return e == Development || e == Test }

// Config is everything Plinto can be told, read and checked. The name of the
// setting stands behind each field; [Settings] has the defaults and meanings.
//
// A Config prints safely: every secret in it is a [Secret].
type Config struct {
	// Environment decides defaults and refusals. ENVIRONMENT
	Environment Environment
	// Debug adds detail for developers. DEBUG
	Debug bool
	// DataDir holds the SQLite file and the secrets made in development. DATA_DIR
	DataDir string

	// SecretKey authenticates refresh tokens and everything else that only needs
	// checking. Empty only in development and test. SECRET_KEY
	SecretKey Secret
	// SecretKeyPrevious are older application keys: what they made still checks,
	// nothing new is made with them. SECRET_KEY_PREVIOUS
	SecretKeyPrevious []Secret

	Server    Server
	Log       Log
	Database  Database
	Redis     Redis
	JWT       JWT
	Session   Session
	Proof     Proof
	Password  Password
	Signup    Signup
	Links     Links
	RateLimit RateLimit
	Guesses   Guesses
	Email     Email
	Features  Features
	Telemetry Telemetry

	// Warnings are sentences for the log at start: nothing in them stops Plinto,
	// but somebody set a thing that does not do what they may think.
	Warnings []string
}

// Server is how Plinto is reached.
type Server struct {
	// Host and Port are where it listens. Port 0 takes any free one. HOST, PORT
	Host string
	Port int
	// MetricsAddress (host:port) gives the metrics a listener of their own; empty
	// leaves them on the main one. METRICS_ADDR
	MetricsAddress string
	// PublicURL is where clients reach Plinto, FrontendURL where people see pages:
	// links in mails are built from them, never from a request. Neither ends in
	// a slash; FrontendURL is PublicURL when it is not set. PUBLIC_URL, FRONTEND_URL
	PublicURL   string
	FrontendURL string
	// AllowedHosts are the names Plinto answers to, in lower case and without a
	// port; empty, or "*", means any. ALLOWED_HOSTS
	AllowedHosts []string
	// TrustedProxies are whose forwarding headers are believed; with none, all
	// such headers are ignored. TRUSTED_PROXIES
	TrustedProxies []netip.Prefix
	// CORSOrigins may call from a browser with credentials. Each is written as a
	// browser sends it: scheme://host, and the port when it is not the scheme's
	// own. CORS_ORIGINS
	CORSOrigins []string
	// ShutdownDelay is the time between /ready turning 503 and the listener
	// closing; ShutdownTimeout is what requests under way then have to finish.
	// SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT
	ShutdownDelay   time.Duration
	ShutdownTimeout time.Duration
}

// Address is Host and Port as a listener takes them.
func (s Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

func (s Server) plainURL() string { return "http://" + s.Address() }

// ListensOn takes note of the port that the system chose where PORT is 0. What
// was made of the address names that port: by another no verifier would find the
// issuer, and no reader of a mail the page.
func (c *Config) ListensOn(port int) {
	before := c.Server.plainURL()
	c.Server.Port = port
	for _, made := range []*string{&c.JWT.Issuer, &c.Server.FrontendURL} {
		if *made == before {
			*made = c.Server.plainURL()
		}
	}
}

// Log is what is written about the running program.
type Log struct {
	// Level is the least severe level written. LOG_LEVEL
	Level slog.Level
	// Format is TextLog or JSONLog. LOG_FORMAT
	Format LogFormat
}

// LogFormat is the shape of a log line.
type LogFormat string

const (
	// TextLog is for people: key=value.
	TextLog LogFormat = "text"
	// JSONLog is for machines: one object a line.
	JSONLog LogFormat = "json"
)

// JWT is how access tokens are signed and who they name.
type JWT struct {
	// SecretKey seals the signing keys kept in the database, or is itself a
	// private key in PEM: see PrivateKeyPEM. Empty only in development and test.
	// JWT_SECRET_KEY
	SecretKey Secret
	// SecretKeyPrevious are older sealing keys: what they sealed still opens.
	// JWT_SECRET_KEY_PREVIOUS
	SecretKeyPrevious []Secret
	// PrivateKey is a private key in PEM to sign with instead of keys that Plinto
	// makes; read it through PrivateKeyPEM. JWT_PRIVATE_KEY
	PrivateKey Secret
	// KMSURI names a key in a key management service or a hardware module to sign
	// with instead of keys that Plinto makes. It may hold a PIN. A signature there
	// takes KMSTimeout at most. JWT_KMS_URI, JWT_KMS_TIMEOUT
	KMSURI     Secret
	KMSTimeout time.Duration
	// Algorithm is what tokens are signed with. JWT_ALGORITHM
	Algorithm Algorithm
	// RSABits is the size of RSA keys that Plinto makes. JWT_RSA_BITS
	RSABits int
	// Issuer is the iss claim: PUBLIC_URL when it is not set, else the address
	// Plinto listens on. Audience is the aud claim. JWT_ISSUER, JWT_AUDIENCE
	Issuer   string
	Audience string
	// AccessLifetime is how long an access token lives, before jitter.
	// JWT_ACCESS_TOKEN_EXPIRE_MINUTES
	AccessLifetime time.Duration
	// JWKSMaxAge is how long others may keep the published keys; KeyPublishLead
	// is how long a new key is published before it signs, at least a minute
	// longer. JWKS_MAX_AGE, KEY_PUBLISH_LEAD
	JWKSMaxAge     time.Duration
	KeyPublishLead time.Duration
	// KeyRotation is the age at which a key that Plinto made is replaced; 0 is
	// never. KEY_ROTATION_DAYS
	KeyRotation time.Duration
}

// Algorithm is a JWS signature algorithm (RFC 7518 section 3.1, RFC 8037).
// Only those whose verifiers cannot sign are offered.
type Algorithm string

const (
	// RS256 is RSASSA-PKCS1-v1_5 with SHA-256.
	RS256 Algorithm = "RS256"
	// ES256 is ECDSA on P-256 with SHA-256.
	ES256 Algorithm = "ES256"
	// EdDSA is Ed25519.
	EdDSA Algorithm = "EdDSA"
)

// Session is how long people stay signed in.
type Session struct {
	// RefreshLifetime ends a session that is not refreshed for so long;
	// AbsoluteLifetime ends every session. JWT_REFRESH_TOKEN_EXPIRE_DAYS,
	// SESSION_ABSOLUTE_DAYS
	RefreshLifetime  time.Duration
	AbsoluteLifetime time.Duration
	// IdleLifetime ends a session without any activity for so long; 0 is no
	// limit. SESSION_IDLE_MINUTES
	IdleLifetime time.Duration
	// Retention is how long a session is kept after it is over.
	// SESSION_RETENTION_DAYS
	Retention time.Duration
	// RefreshGrace is how long a repeat of the last refresh token is answered
	// with the same successor instead of ending the session. REFRESH_GRACE_SECONDS
	RefreshGrace time.Duration
	// StepUp is how long ago people may have proved who they are to change an
	// address, a password or a factor; 0 asks for no more than a session.
	// STEP_UP_MINUTES
	StepUp time.Duration
	// MaxPerUser ends the oldest session beyond so many; 0 is no limit.
	// MAX_SESSIONS_PER_USER
	MaxPerUser int
}

// Proof is what the proofs of key-bound sessions obey (DPoP, RFC 9449).
type Proof struct {
	// MaxAge is how old a proof may be, Leeway how far a client's clock may be
	// ahead. DPOP_MAX_AGE, DPOP_LEEWAY
	MaxAge time.Duration
	Leeway time.Duration
	// Nonce says whether each proof must carry a nonce of Plinto's. DPOP_NONCE
	Nonce NoncePolicy
}

// NoncePolicy says whether proofs need nonces.
type NoncePolicy string

const (
	// NonceOptional takes proofs with a good nonce or none.
	NonceOptional NoncePolicy = "optional"
	// NonceRequired takes proofs with a good nonce alone.
	NonceRequired NoncePolicy = "required"
)

// Password is what a password must be and what checking one costs.
type Password struct {
	// MinLength is in Unicode code points. PASSWORD_MIN_LENGTH
	MinLength int
	// Hasher is what new hashes are made by. PASSWORD_HASHER
	Hasher PasswordHasher
	// HIBPEnabled asks a service about new passwords, which is at HIBPURL and is
	// not waited for longer than HIBPTimeout. PASSWORD_HIBP_ENABLED,
	// PASSWORD_HIBP_URL, PASSWORD_HIBP_TIMEOUT
	HIBPEnabled bool
	HIBPURL     string
	HIBPTimeout time.Duration
	// BcryptRounds is the cost: each step doubles the time. BCRYPT_ROUNDS
	BcryptRounds int
	// Argon2Memory is in KiB. ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES
	Argon2Memory, Argon2Passes, Argon2Lanes int
	// Queue is how many hashes may wait for a processor, QueueTimeout how long;
	// beyond either the request is refused with 429. BCRYPT_QUEUE,
	// BCRYPT_QUEUE_TIMEOUT
	Queue        int
	QueueTimeout time.Duration
}

// PasswordHasher names an algorithm for new password hashes.
type PasswordHasher string

const (
	// Bcrypt is bcrypt.
	Bcrypt PasswordHasher = "bcrypt"
	// Argon2id is Argon2id (RFC 9106).
	Argon2id PasswordHasher = "argon2id"
)

// Signup is who may register and what they are told.
type Signup struct {
	// Enumeration says whether signing up tells that an address is taken.
	// SIGNUP_ENUMERATION
	Enumeration Enumeration
}

// Links is how long links in mails work, and where they may lead.
type Links struct {
	// Verification, Reset, Magic and Invitation are how long a link works that
	// proves an address, sets a password, signs in or begins an account.
	// EMAIL_VERIFICATION_EXPIRE_HOURS, PASSWORD_RESET_EXPIRE_MINUTES,
	// MAGIC_LINK_EXPIRE_MINUTES, INVITATION_EXPIRE_HOURS
	Verification time.Duration
	Reset        time.Duration
	Magic        time.Duration
	Invitation   time.Duration
	// Redirects is where a link that signs in may lead on to, to the letter.
	// MAGIC_LINK_REDIRECT_URLS
	Redirects []string
}

// Enumeration is what signing up with a taken address answers.
type Enumeration string

const (
	// Visible answers that the address is taken.
	Visible Enumeration = "visible"
	// Hidden answers the same either way and tells the owner by mail.
	Hidden Enumeration = "hidden"
)

// RateLimit holds how many requests are let through. All windows of a subject
// apply together. Each name is RATE_LIMIT_ and the field's words.
type RateLimit struct {
	// Enabled turns all of them on. RATE_LIMIT_ENABLED
	Enabled bool
	// PerMinute and PerHour count every request of one client address.
	PerMinute int
	PerHour   int
	// SignupPerMinute and SignupPerHour count sign-ups of one client address.
	SignupPerMinute int
	SignupPerHour   int
	// SigninPerAddressPer5Minutes counts sign-ins of one client address,
	// SigninPerAccountPerMinute those for one account from anywhere.
	SigninPerAddressPer5Minutes int
	SigninPerAccountPerMinute   int
	// RefreshPerSessionPer5Minutes counts refreshes of one session.
	RefreshPerSessionPer5Minutes int
	// MailPerAddressPerHour counts requests for each kind of mail by one client
	// address, MailPerAccountPerHour those for one mailbox from anywhere.
	MailPerAddressPerHour int
	MailPerAccountPerHour int
	// LinkPerAddressPer5Minutes counts tokens of mailed links that one client
	// address presents.
	LinkPerAddressPer5Minutes int
	// ClientPerMinute counts requests of one API client.
	ClientPerMinute int
}

// Guesses is how many wrong passwords are put up with. Each name is GUESSES_ and
// the field's words.
type Guesses struct {
	// Free wrong passwords in a row at an account, from a known device or in a
	// session cost no wait; then the waits grow from First to Longest, and from
	// Most on there is one guess a Forget, in which one of them is forgotten.
	Free    int
	Most    int
	First   time.Duration
	Longest time.Duration
	Forget  time.Duration
	// Tell is how many of them the owner and operators are told of.
	Tell int
	// The same for all accounts together from one client address.
	AddressFree   int
	AddressMost   int
	AddressForget time.Duration
	AddressTell   int
}

// Features are the switches named ENABLE_….
type Features struct {
	Signups       bool
	Docs          bool
	Metrics       bool
	MagicLinks    bool
	Organizations bool
	Webhooks      bool
	Audit         bool
	SCIM          bool
	MFA           bool
	SSO           bool
	OAuth         bool
}

// Telemetry is where traces go: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME.
type Telemetry struct {
	Endpoint    string
	ServiceName string
}

// derive fills in the defaults that follow other settings.
func (c *Config) derive() {
	if c.Debug {
		c.Log.Level = min(c.Log.Level, slog.LevelDebug)
	}
	if c.Server.FrontendURL == "" {
		c.Server.FrontendURL = c.Server.PublicURL
	}
	if c.JWT.Issuer == "" {
		c.JWT.Issuer = c.Server.PublicURL
	}
	if c.JWT.Issuer == "" {
		c.JWT.Issuer = c.Server.plainURL()
	}
	c.deriveMail()
	if c.Server.FrontendURL == "" && c.Environment != Production {
		c.Server.FrontendURL = c.Server.plainURL()
	}
	if c.Database.URL == "" && c.Database.Path == "" {
		c.Database.Engine, c.Database.Path = SQLite, defaultSQLitePath(c.DataDir)
	}
}
