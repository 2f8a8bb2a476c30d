package config

import (
	"net/url"
	"os"
	"strings"

	"golang.org/x/text/language"
)

// Email is how mail leaves, and what it says. The names are EMAIL_… and SMTP_….
type Email struct {
	// Enabled sends mail. Without it there is none, but for the mailbox of a
	// developer: see [Config.HasMail]. EMAIL_ENABLED
	Enabled  bool
	Provider Provider
	// FromAddress and FromName are whom mail comes from; the name is also what
	// mails call the service. ReplyTo is where answers go, empty for the sender.
	FromAddress string
	FromName    string
	ReplyTo     string

	SMTPHost     string
	SMTPPort     int
	SMTPSecurity Security // derived from the port when it is not set. SMTP_TLS
	SMTPUsername string
	SMTPPassword Secret

	// APIKey and APIURL are for every provider but SMTP; without the address it
	// is the provider's own. EMAIL_API_KEY, EMAIL_API_URL
	APIKey Secret
	APIURL string

	// DefaultLocale is the language where no better one is known, TemplatesDir a
	// folder of other words and templates. EMAIL_DEFAULT_LOCALE, EMAIL_TEMPLATES_DIR
	DefaultLocale string
	TemplatesDir  string
}

// Provider is a way for mail to leave.
type Provider string

// The providers.
const (
	SMTP     Provider = "smtp"
	HTTP     Provider = "http" // a service of the operator's own
	Postmark Provider = "postmark"
	Resend   Provider = "resend"
	SendGrid Provider = "sendgrid"
	Mailgun  Provider = "mailgun"
	Mailbox  Provider = "mailbox" // to nobody; for developers
)

// Security is when a connection to a mail server becomes one by TLS.
type Security string

const (
	// StartTLS begins in the clear and goes on by TLS, or not at all.
	StartTLS Security = "starttls"
	// ImplicitTLS is TLS from the first byte.
	ImplicitTLS Security = "implicit"
	// NoTLS is for a server on a developer's machine.
	NoTLS Security = "none"
)

// HasMail tells whether mails are written, be it for a developer alone.
func (c Config) HasMail() bool { return c.Email.Enabled || c.KeepsMail() }

// KeepsMail tells whether mails go to nobody and are kept for a developer: in
// development and test, unless mail is enabled and leaves by a provider.
func (c Config) KeepsMail() bool {
	return c.Environment.local() && (!c.Email.Enabled || c.Email.Provider == Mailbox)
}

// deriveMail fills in what follows other settings.
func (c *Config) deriveMail() {
	if c.Email.SMTPSecurity == "" {
		c.Email.SMTPSecurity = StartTLS
		if c.Email.SMTPPort == implicitPort {
			c.Email.SMTPSecurity = ImplicitTLS
		}
	}
}

// implicitPort is where mail servers speak TLS from the first byte (RFC 8314
// section 7.3).
const implicitPort = 465

// mail checks the settings of mail, and that those are there that mail needs.
func (f *findings) mail(cfg Config) {
	e := cfg.Email
	f.require(e.SMTPHost == "" || validHost(e.SMTPHost), "SMTP_HOST", "is not a host; write a name or an address without port")
	f.within("SMTP_PORT", e.SMTPPort, 1, maxPort)
	f.require(strings.TrimSpace(e.FromName) != "" && !strings.ContainsAny(e.FromName, "{}"), "EMAIL_FROM_NAME", "is no name; write what people know the service by, without braces")
	_, err := language.Parse(e.DefaultLocale)
	f.require(err == nil, "EMAIL_DEFAULT_LOCALE", "is not the tag of a language; write one such as en, es or pt")
	f.folder("EMAIL_TEMPLATES_DIR", e.TemplatesDir)
	f.require(e.Provider != Mailbox || cfg.Environment.local(), "EMAIL_PROVIDER", "is mailbox, which shows everybody's mails to anybody; only development and test allow it")
	if !e.Enabled || e.Provider == Mailbox {
		return
	}
	f.require(e.FromAddress != "", "EMAIL_FROM_ADDRESS", "is missing; mail needs a sender, such as no-reply@example.com")
	if e.Provider == SMTP {
		f.smtp(cfg)
		return
	}
	f.require(e.APIKey != "", "EMAIL_API_KEY", "is missing; %s needs the key of its API", e.Provider)
	f.require(!strings.ContainsAny(e.APIKey.Reveal(), "\r\n"), "EMAIL_API_KEY", "has more than one line; it must be one")
	f.require(e.Provider != HTTP || e.APIURL != "", "EMAIL_API_URL", "is missing; the provider http needs an address to hand mails to")
	f.require(e.APIURL == "" || isHTTPS(e.APIURL) || cfg.Environment.local() && isLoopbackURL(e.APIURL), "EMAIL_API_URL", "is not https; it needs https, for the key of the API goes there")
}

// smtp checks what a mail server needs. A password goes out by TLS alone, and so
// does every mail but to a developer's own machine.
func (f *findings) smtp(cfg Config) {
	e := cfg.Email
	f.require(e.SMTPHost != "", "SMTP_HOST", "is missing; the provider smtp needs a mail server")
	f.require((e.SMTPUsername == "") == (e.SMTPPassword == ""), "SMTP_PASSWORD", "and SMTP_USERNAME belong together; set both of them, or none")
	if e.SMTPSecurity == NoTLS {
		f.require(cfg.Environment.local() && isLoopback(e.SMTPHost), "SMTP_TLS", "is none; only development and test allow it, and only to this machine")
		f.require(e.SMTPPassword == "", "SMTP_TLS", "is none; a password needs starttls or implicit")
	}
}

// folder requires that a folder which is named can be read.
func (f *findings) folder(name, path string) {
	if path == "" {
		return
	}
	info, err := os.Stat(path)
	f.require(err == nil && info.IsDir(), name, "is not a folder that can be read")
}

func isLoopbackURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && isLoopback(u.Hostname())
}
