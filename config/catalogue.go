package config

import "time"

// catalogue declares every setting, once, in the order of the documentation.
// Their readers store into c.
func catalogue(c *Config) []setting {
	local := []Environment{Development, Test}
	return []setting{
		{
			name: "ENVIRONMENT", fallback: "development", read: environment(&c.Environment),
			meaning: "development, staging, production or test. Decides defaults; production refuses whatever is unsafe",
		},
		{
			name: "DEBUG", fallback: "false", read: truth(&c.Debug),
			meaning: "Logs at level debug, with the configuration at start. Refused in production",
		},
		{
			name: "DATA_DIR", fallback: "./data", read: text(&c.DataDir),
			meaning: "Directory of the SQLite file and of the secrets made in development",
		},
		{
			name: "SECRET_KEY", secret: true, read: secret(&c.SecretKey),
			meaning: "Application key: refresh tokens are checked with it. At least 32 random bytes; made in `DATA_DIR` in development and test, required elsewhere",
		},
		{
			name: "SECRET_KEY_PREVIOUS", secret: true, read: secrets(&c.SecretKeyPrevious),
			meaning: "List of older application keys that still check what they made",
		},

		{
			name: "HOST", fallback: "0.0.0.0", special: "127.0.0.1", in: local, read: text(&c.Server.Host),
			meaning: "Address to listen on",
		},
		{
			name: "PORT", fallback: "8000", read: whole(&c.Server.Port),
			meaning: "Port to listen on; 0 takes any free one",
		},
		{
			name: "PUBLIC_URL", read: baseURL(&c.Server.PublicURL),
			meaning: "Where clients reach Plinto. Required in production, with https",
		},
		{
			name: "FRONTEND_URL", derived: "`PUBLIC_URL`, else `http://HOST:PORT`", read: baseURL(&c.Server.FrontendURL),
			meaning: "Where people see pages: links in mails point there",
		},
		{
			name: "ALLOWED_HOSTS", read: listOf(&c.Server.AllowedHosts, allowedHost),
			meaning: "List of host names to answer to; none or `*` is any. Required in production, without `*`",
		},
		{
			name: "TRUSTED_PROXIES", read: listOf(&c.Server.TrustedProxies, proxy),
			meaning: "List of addresses or networks (CIDR) whose forwarding headers are believed; with none they are all ignored",
		},
		{
			name: "CORS_ORIGINS", read: listOf(&c.Server.CORSOrigins, origin),
			meaning: "List of origins that may call from a browser with credentials. `*` is refused; so is `http://` in production",
		},
		{
			name: "SHUTDOWN_DELAY", fallback: "5s", special: "0s", in: local, read: duration(&c.Server.ShutdownDelay),
			meaning: "Time between `/ready` turning 503 and the listener closing",
		},
		{
			name: "SHUTDOWN_TIMEOUT", fallback: "20s", read: duration(&c.Server.ShutdownTimeout),
			meaning: "Time that requests under way then have to finish",
		},

		{
			name: "LOG_LEVEL", fallback: "info", read: level(&c.Log.Level),
			meaning: "debug, info, warn or error",
		},
		{
			name: "LOG_FORMAT", fallback: "json", special: "text", in: []Environment{Development}, read: oneOf(&c.Log.Format, TextLog, JSONLog),
			meaning: "text or json",
		},
		{
			name: "ENABLE_METRICS", fallback: "false", read: truth(&c.Features.Metrics),
			meaning: "Serve Prometheus metrics at `/metrics`",
		},
		{
			name: "METRICS_ADDR", read: listener(&c.Server.MetricsAddress),
			meaning: "`host:port` of a listener for metrics alone; none serves them on the main one",
		},
		{
			name: "OTEL_EXPORTER_OTLP_ENDPOINT", read: webURL(&c.Telemetry.Endpoint),
			meaning: "Where traces go. No effect in this version",
		},
		{
			name: "OTEL_SERVICE_NAME", read: text(&c.Telemetry.ServiceName),
			meaning: "Name of the service in traces. No effect in this version",
		},

		{
			name: "DATABASE_URL", derived: "SQLite at `DATA_DIR/plinto.db`", secret: true, read: databaseURL(&c.Database),
			meaning: "`sqlite:path`, or `postgres://user:password@host:5432/name`; `postgresql://` and SQLAlchemy's `+asyncpg`, `+psycopg` and `+psycopg2` are PostgreSQL too",
		},
		{
			name: "DATABASE_REPLICA_URLS", secret: true, read: secrets(&c.Database.ReplicaURLs),
			meaning: "List of read replicas. Not available in this version",
		},
		{
			name: "DATABASE_POOL_SIZE", fallback: "20", read: whole(&c.Database.PoolSize),
			meaning: "PostgreSQL connections kept",
		},
		{
			name: "DATABASE_MAX_OVERFLOW", fallback: "10", read: whole(&c.Database.MaxOverflow),
			meaning: "PostgreSQL connections above `DATABASE_POOL_SIZE` under load; one more is kept for reading what was revoked",
		},
		{
			name: "DATABASE_POOL_TIMEOUT", fallback: "30", read: seconds(&c.Database.PoolTimeout),
			meaning: "Seconds a request waits for a connection",
		},
		{
			name: "DATABASE_CONNECT_TIMEOUT", fallback: "5s", read: duration(&c.Database.ConnectTimeout),
			meaning: "Time to make a connection",
		},
		{
			name: "DATABASE_STATEMENT_TIMEOUT", fallback: "5s", read: duration(&c.Database.StatementTimeout),
			meaning: "Time a statement may take",
		},
		{
			name: "DATABASE_LOCK_TIMEOUT", fallback: "2s", read: duration(&c.Database.LockTimeout),
			meaning: "Time a statement waits for a lock",
		},
		{
			name: "DATABASE_CONN_MAX_LIFETIME", fallback: "30m", read: duration(&c.Database.ConnMaxLifetime),
			meaning: "Age at which a connection is replaced",
		},
		{
			name: "DATABASE_CONN_MAX_LIFETIME_JITTER", fallback: "5m", read: duration(&c.Database.ConnMaxLifetimeJitter),
			meaning: "Random extra age, so that connections are not all replaced at once",
		},
		{
			name: "DATABASE_CONN_MAX_IDLE_TIME", fallback: "5m", read: duration(&c.Database.ConnMaxIdleTime),
			meaning: "Time without use after which a connection above `DATABASE_POOL_SIZE` is closed",
		},
		{
			name: "AUTO_MIGRATE", fallback: "true", special: "false", in: []Environment{Production}, read: truth(&c.Database.AutoMigrate),
			meaning: "Bring the database up to date at start; otherwise `plinto migrate up` does",
		},
		{
			name: "REDIS_URL", secret: true, read: redisURL(&c.Redis),
			meaning: "`redis://user:password@host:6379/0`, or `rediss://` for TLS; hosts with commas between are a cluster. None: limits are counted in the process",
		},
		{
			name: "REDIS_TIMEOUT", fallback: "100ms", read: duration(&c.Redis.Timeout),
			meaning: "Time a call to Redis may take before the process counts by itself",
		},

		{
			name: "JWT_SECRET_KEY", secret: true, read: secret(&c.JWT.SecretKey),
			meaning: "Seals the signing keys kept in the database; at least 32 random bytes, or a private key in PEM to sign with. Made in `DATA_DIR` in development and test, required elsewhere",
		},
		{
			name: "JWT_SECRET_KEY_PREVIOUS", secret: true, read: secrets(&c.JWT.SecretKeyPrevious),
			meaning: "List of older sealing keys that still open what they sealed",
		},
		{
			name: "JWT_PRIVATE_KEY", secret: true, read: secret(&c.JWT.PrivateKey),
			meaning: "Private key in PEM to sign with, instead of keys that Plinto makes and rotates",
		},
		{
			name: "JWT_KMS_URI", secret: true, read: secret(&c.JWT.KMSURI),
			meaning: "Key to sign with in a key management service or a hardware module, instead of keys that Plinto makes: `awskms:`, `azurekms:`, `cloudkms:`, `pkcs11:` or `vault:`. `config/deploy/README.md` has their forms",
		},
		{
			name: "JWT_KMS_TIMEOUT", fallback: "5s", read: duration(&c.JWT.KMSTimeout),
			meaning: "Time a signature by `JWT_KMS_URI` may take; beyond, the request is answered 503",
		},
		{
			name: "JWT_ALGORITHM", fallback: "RS256", read: algorithm(&c.JWT.Algorithm),
			meaning: "RS256, ES256 or EdDSA. HS256 is refused: whoever can check could also sign",
		},
		{
			name: "JWT_RSA_BITS", fallback: "2048", read: whole(&c.JWT.RSABits),
			meaning: "Size of RSA keys that Plinto makes: 2048, 3072 or 4096",
		},
		{
			name: "JWT_ISSUER", derived: "`PUBLIC_URL`, else `http://HOST:PORT`", read: webURL(&c.JWT.Issuer),
			meaning: "The `iss` claim of access tokens. Must be https in production",
		},
		{
			name: "JWT_AUDIENCE", fallback: "plinto", read: text(&c.JWT.Audience),
			meaning: "The `aud` claim of access tokens",
		},
		{
			name: "JWT_ACCESS_TOKEN_EXPIRE_MINUTES", fallback: "15", read: counted(&c.JWT.AccessLifetime, time.Minute),
			meaning: "Minutes an access token lives, give or take 5 %",
		},
		{
			name: "JWKS_MAX_AGE", fallback: "5m", read: duration(&c.JWT.JWKSMaxAge),
			meaning: "Time others may keep the published keys",
		},
		{
			name: "KEY_PUBLISH_LEAD", fallback: "10m", read: duration(&c.JWT.KeyPublishLead),
			meaning: "Time a new signing key is published before it signs; at least a minute longer than `JWKS_MAX_AGE`",
		},
		{
			name: "KEY_ROTATION_DAYS", fallback: "90", read: counted(&c.JWT.KeyRotation, 24*time.Hour),
			meaning: "Days after which a signing key that Plinto made is replaced; 0 leaves that to `plinto keys rotate`",
		},

		{
			name: "JWT_REFRESH_TOKEN_EXPIRE_DAYS", fallback: "7", read: counted(&c.Session.RefreshLifetime, 24*time.Hour),
			meaning: "Days without a refresh after which a session ends",
		},
		{
			name: "SESSION_ABSOLUTE_DAYS", fallback: "30", read: counted(&c.Session.AbsoluteLifetime, 24*time.Hour),
			meaning: "Days after which every session ends",
		},
		{
			name: "SESSION_IDLE_MINUTES", fallback: "0", read: counted(&c.Session.IdleLifetime, time.Minute),
			meaning: "Minutes without activity after which a session ends, give or take one; 0 is no limit. At least twice `JWT_ACCESS_TOKEN_EXPIRE_MINUTES`. An access token that is out already lives to its own end",
		},
		{
			name: "SESSION_RETENTION_DAYS", fallback: "30", read: counted(&c.Session.Retention, 24*time.Hour),
			meaning: "Days that a session is kept after it is over; then its row is removed. Events stay",
		},
		{
			name: "REFRESH_GRACE_SECONDS", fallback: "10", read: counted(&c.Session.RefreshGrace, time.Second),
			meaning: "Seconds in which a repeat of the last refresh token gets the same answer, 0 to 60",
		},
		{
			name: "STEP_UP_MINUTES", fallback: "10", read: counted(&c.Session.StepUp, time.Minute),
			meaning: "Minutes after which people prove again who they are before they change a password, an address or a factor; 0 asks for no more than a session",
		},
		{
			name: "MAX_SESSIONS_PER_USER", fallback: "0", read: whole(&c.Session.MaxPerUser),
			meaning: "Sessions a user may have; a sign-in beyond it ends the oldest. 0 is no limit",
		},

		{
			name: "DPOP_NONCE", fallback: "optional", read: oneOf(&c.Proof.Nonce, NonceOptional, NonceRequired),
			meaning: "Whether DPoP proofs must carry a nonce of Plinto's: optional or required",
		},
		{
			name: "DPOP_MAX_AGE", fallback: "60s", read: duration(&c.Proof.MaxAge),
			meaning: "Age at which a DPoP proof without a nonce is refused, 1s to 10m",
		},
		{
			name: "DPOP_LEEWAY", fallback: "5s", read: duration(&c.Proof.Leeway),
			meaning: "Time by which the clock of a client whose DPoP proof has no nonce may be ahead, 0s to 1m",
		},
		{
			name: "PASSWORD_MIN_LENGTH", fallback: "12", read: whole(&c.Password.MinLength),
			meaning: "Characters a password needs, 8 to 64",
		},
		{
			name: "PASSWORD_HASHER", fallback: "bcrypt", read: oneOf(&c.Password.Hasher, Bcrypt, Argon2id),
			meaning: "What new password hashes are made by: bcrypt or argon2id. Others give way at the next sign-in",
		},
		{
			name: "PASSWORD_HIBP_ENABLED", fallback: "false", read: truth(&c.Password.HIBPEnabled),
			meaning: "Ask Have I Been Pwned about new passwords, by five characters of a hash. Never at sign-in; when it is away nobody is kept out",
		},
		{
			name: "PASSWORD_HIBP_URL", fallback: "https://api.pwnedpasswords.com/range", read: baseURL(&c.Password.HIBPURL),
			meaning: "Where its range API is, or a mirror's. https in production",
		},
		{
			name: "PASSWORD_HIBP_TIMEOUT", fallback: "1s", read: duration(&c.Password.HIBPTimeout),
			meaning: "Time to wait for its answer",
		},
		{
			name: "BCRYPT_ROUNDS", fallback: "12", read: whole(&c.Password.BcryptRounds),
			meaning: "Cost of a password hash, 10 to 15; at least 12 in production. One more doubles the time",
		},
		{
			name: "ARGON2_MEMORY_KIB", fallback: "19456", read: whole(&c.Password.Argon2Memory),
			meaning: "Memory of an Argon2id hash in KiB, 19456 to 262144; each processor that hashes takes as much",
		},
		{
			name: "ARGON2_PASSES", fallback: "2", read: whole(&c.Password.Argon2Passes),
			meaning: "Passes over that memory, 2 to 16. Memory times passes is at most 1048576",
		},
		{
			name: "ARGON2_LANES", fallback: "1", read: whole(&c.Password.Argon2Lanes),
			meaning: "Parts of that memory that are computed side by side, 1 to 16",
		},
		{
			name: "BCRYPT_QUEUE", fallback: "64", read: whole(&c.Password.Queue),
			meaning: "Password hashes, by whichever algorithm, that may wait for a processor; beyond, requests are refused with 429",
		},
		{
			name: "BCRYPT_QUEUE_TIMEOUT", fallback: "5s", read: duration(&c.Password.QueueTimeout),
			meaning: "Time a password hash may wait",
		},

		{
			name: "ENABLE_SIGNUPS", fallback: "true", read: truth(&c.Features.Signups),
			meaning: "Let people register",
		},
		{
			name: "SIGNUP_ENUMERATION", fallback: "visible", read: oneOf(&c.Signup.Enumeration, Visible, Hidden),
			meaning: "What a sign-up with a taken address answers. visible tells; hidden answers 202 either way, signs nobody in, and has a mail tell the mailbox which it is. hidden needs mail",
		},
		{
			name: "EMAIL_VERIFICATION_EXPIRE_HOURS", fallback: "48", read: counted(&c.Links.Verification, time.Hour),
			meaning: "Hours that a mailed link works which proves an address, 1 to 168",
		},
		{
			name: "PASSWORD_RESET_EXPIRE_MINUTES", fallback: "60", read: counted(&c.Links.Reset, time.Minute),
			meaning: "Minutes that a mailed link works which sets another password, 5 to 1440",
		},
		{
			name: "MAGIC_LINK_EXPIRE_MINUTES", fallback: "10", read: counted(&c.Links.Magic, time.Minute),
			meaning: "Minutes that a mailed link works which signs in, 1 to 60",
		},
		{
			name: "INVITATION_EXPIRE_HOURS", fallback: "48", read: counted(&c.Links.Invitation, time.Hour),
			meaning: "Hours that a mailed invitation works, 1 to 168",
		},
		{
			name: "MAGIC_LINK_REDIRECT_URLS", read: listOf(&c.Links.Redirects, redirect),
			meaning: "List of addresses that a link which signs in may lead on to. They are compared to the letter; https, or http for this machine alone",
		},
		{
			name: "RATE_LIMIT_ENABLED", fallback: "true", read: truth(&c.RateLimit.Enabled),
			meaning: "Limit requests",
		},
		{
			name: "RATE_LIMIT_PER_MINUTE", fallback: "60", read: whole(&c.RateLimit.PerMinute),
			meaning: "Requests of one client address in a minute",
		},
		{
			name: "RATE_LIMIT_PER_HOUR", fallback: "1000", read: whole(&c.RateLimit.PerHour),
			meaning: "Requests of one client address in an hour",
		},
		{
			name: "RATE_LIMIT_SIGNUP_PER_MINUTE", fallback: "3", read: whole(&c.RateLimit.SignupPerMinute),
			meaning: "Sign-ups of one client address in a minute",
		},
		{
			name: "RATE_LIMIT_SIGNUP_PER_HOUR", fallback: "5", read: whole(&c.RateLimit.SignupPerHour),
			meaning: "Sign-ups of one client address in an hour",
		},
		{
			name: "RATE_LIMIT_SIGNIN_PER_ADDRESS_PER_5_MINUTES", fallback: "10", read: whole(&c.RateLimit.SigninPerAddressPer5Minutes),
			meaning: "Sign-ins of one client address in five minutes",
		},
		{
			name: "RATE_LIMIT_SIGNIN_PER_ACCOUNT_PER_MINUTE", fallback: "5", read: whole(&c.RateLimit.SigninPerAccountPerMinute),
			meaning: "Sign-ins for one account in a minute, wherever they come from",
		},
		{
			name: "RATE_LIMIT_REFRESH_PER_SESSION_PER_5_MINUTES", fallback: "20", read: whole(&c.RateLimit.RefreshPerSessionPer5Minutes),
			meaning: "Refreshes of one session in five minutes",
		},
		{
			name: "RATE_LIMIT_MAIL_PER_ADDRESS_PER_HOUR", fallback: "5", read: whole(&c.RateLimit.MailPerAddressPerHour),
			meaning: "Requests of one client address in an hour for each kind of mail: another password, a link that signs in, verification, another address",
		},
		{
			name: "RATE_LIMIT_MAIL_PER_ACCOUNT_PER_HOUR", fallback: "5", read: whole(&c.RateLimit.MailPerAccountPerHour),
			meaning: "Requests in an hour for each kind of mail to one mailbox, wherever they come from and whether or not it has an account",
		},
		{
			name: "RATE_LIMIT_LINK_PER_ADDRESS_PER_5_MINUTES", fallback: "20", read: whole(&c.RateLimit.LinkPerAddressPer5Minutes),
			meaning: "Tokens of mailed links that one client address presents in five minutes",
		},
		{
			name: "RATE_LIMIT_CLIENT_PER_MINUTE", fallback: "6000", read: whole(&c.RateLimit.ClientPerMinute),
			meaning: "Requests of one API client in a minute, wherever they come from. They do not count as requests of its address",
		},
		{
			name: "GUESSES_FREE", fallback: "5", read: whole(&c.Guesses.Free),
			meaning: "Wrong passwords in a row that cost no wait: at one account, and separately from each known device and in each session",
		},
		{
			name: "GUESSES_FIRST_WAIT", fallback: "30s", read: duration(&c.Guesses.First),
			meaning: "Wait after the last of those; it doubles with each further one",
		},
		{
			name: "GUESSES_LONGEST_WAIT", fallback: "1h", read: duration(&c.Guesses.Longest),
			meaning: "Wait that it grows to",
		},
		{
			name: "GUESSES_MOST", fallback: "30", read: whole(&c.Guesses.Most),
			meaning: "Wrong passwords in a row after which there is one guess a `GUESSES_FORGET`; at most 50",
		},
		{
			name: "GUESSES_FORGET", fallback: "24h", read: duration(&c.Guesses.Forget),
			meaning: "Time in which one wrong password is forgotten; at least 24h",
		},
		{
			name: "GUESSES_TELL", fallback: "10", read: whole(&c.Guesses.Tell),
			meaning: "Wrong passwords in a row of which the owner and operators are told",
		},
		{
			name: "GUESSES_ADDRESS_FREE", fallback: "50", read: whole(&c.Guesses.AddressFree),
			meaning: "Wrong passwords from one client address, at any accounts, that cost no wait",
		},
		{
			name: "GUESSES_ADDRESS_MOST", fallback: "100", read: whole(&c.Guesses.AddressMost),
			meaning: "Wrong passwords from one client address after which there is one guess a `GUESSES_ADDRESS_FORGET`",
		},
		{
			name: "GUESSES_ADDRESS_FORGET", fallback: "10m", read: duration(&c.Guesses.AddressForget),
			meaning: "Time in which one wrong password from a client address is forgotten",
		},
		{
			name: "GUESSES_ADDRESS_TELL", fallback: "50", read: whole(&c.Guesses.AddressTell),
			meaning: "Wrong passwords from one client address of which operators are told",
		},

		{
			name: "EMAIL_ENABLED", fallback: "false", read: truth(&c.Email.Enabled),
			meaning: "Send mail. Without it there is none; development and test then keep mails and show them at `/dev/mailbox`",
		},
		{
			name: "EMAIL_PROVIDER", fallback: "smtp", read: oneOf(&c.Email.Provider, SMTP, HTTP, Postmark, Resend, SendGrid, Mailgun, Mailbox),
			meaning: "How mail leaves: smtp, postmark, resend, sendgrid, mailgun, http (to a service of your own), or mailbox (to nobody; development and test only)",
		},
		{
			name: "EMAIL_FROM_ADDRESS", read: mailAddress(&c.Email.FromAddress),
			meaning: "Address that mail comes from. Required with `EMAIL_ENABLED`",
		},
		{
			name: "EMAIL_FROM_NAME", fallback: "Plinto", read: text(&c.Email.FromName),
			meaning: "Name that mail comes from, and that mails call the service by",
		},
		{
			name: "EMAIL_REPLY_TO", read: mailAddress(&c.Email.ReplyTo),
			meaning: "Address for answers; none is `EMAIL_FROM_ADDRESS`",
		},
		{
			name: "EMAIL_DEFAULT_LOCALE", fallback: "en", read: text(&c.Email.DefaultLocale),
			meaning: "Language of mails to people of whose language there are no words: en, es, pt or one of `EMAIL_TEMPLATES_DIR`",
		},
		{
			name: "EMAIL_TEMPLATES_DIR", read: text(&c.Email.TemplatesDir),
			meaning: "Folder of words and templates that take the place of those shipped. `config/deploy/README.md` has their names",
		},
		{
			name: "EMAIL_API_KEY", secret: true, read: secret(&c.Email.APIKey),
			meaning: "Key of the provider's API, for every provider but smtp",
		},
		{
			name: "EMAIL_API_URL", derived: "the provider's own", read: webURL(&c.Email.APIURL),
			meaning: "Address that mails are handed to. Required with the provider http; must be https",
		},
		{
			name: "SMTP_HOST", read: text(&c.Email.SMTPHost),
			meaning: "Mail server. Required with the provider smtp",
		},
		{
			name: "SMTP_PORT", fallback: "587", read: whole(&c.Email.SMTPPort),
			meaning: "Port of the mail server",
		},
		{
			name: "SMTP_TLS", derived: "`starttls`, `implicit` on port 465", read: oneOf(&c.Email.SMTPSecurity, StartTLS, ImplicitTLS, NoTLS),
			meaning: "starttls, implicit or none. The certificate is always checked; none is for a server on a developer's machine",
		},
		{
			name: "SMTP_USERNAME", read: text(&c.Email.SMTPUsername),
			meaning: "User at the mail server",
		},
		{
			name: "SMTP_PASSWORD", secret: true, read: secret(&c.Email.SMTPPassword),
			meaning: "Password at the mail server",
		},

		{
			name: "ENABLE_DOCS", fallback: "false", special: "true", in: []Environment{Development}, read: truth(&c.Features.Docs),
			meaning: "Serve `/openapi.json` and `/docs`. Refused in production",
		},
		{
			name: "ENABLE_MAGIC_LINKS", fallback: "false", read: truth(&c.Features.MagicLinks),
			meaning: "Sign-in by a mailed link. Needs mail",
		},
		{
			name: "ENABLE_ORGANIZATIONS", fallback: "false", read: truth(&c.Features.Organizations),
			meaning: "Organizations. Not available in this version",
		},
		{
			name: "ENABLE_WEBHOOKS", fallback: "false", read: truth(&c.Features.Webhooks),
			meaning: "Webhooks. Not available in this version",
		},
		{
			name: "ENABLE_AUDIT", fallback: "false", read: truth(&c.Features.Audit),
			meaning: "The audit log. Not available in this version",
		},
		{
			name: "ENABLE_SCIM", fallback: "false", read: truth(&c.Features.SCIM),
			meaning: "SCIM 2.0. Not available in this version",
		},
		{
			name: "ENABLE_MFA", fallback: "false", read: truth(&c.Features.MFA),
			meaning: "Second factors. Not available in this version",
		},
		{
			name: "ENABLE_SSO", fallback: "false", read: truth(&c.Features.SSO),
			meaning: "Enterprise single sign-on. Not available in this version",
		},
		{
			name: "ENABLE_OAUTH", fallback: "false", read: truth(&c.Features.OAuth),
			meaning: "The OAuth and OpenID Connect provider. Not available in this version",
		},
	}
}
