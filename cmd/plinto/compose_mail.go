package main

import (
	"net/mail"
	"net/url"

	"github.com/plinto/plinto/adapters/letters"
	"github.com/plinto/plinto/adapters/mailapi"
	"github.com/plinto/plinto/adapters/mailbox"
	"github.com/plinto/plinto/adapters/smtp"
	"github.com/plinto/plinto/config"
	"github.com/plinto/plinto/ports/outbound"
)

// post is how mail is written and leaves. Without mail there is nothing in it.
type post struct {
	mailer  outbound.Mailer
	letters outbound.Letters
	box     *mailbox.Mailbox // nil unless mails are kept for a developer
}

// openPost gives what the configuration says of mail. It connects to nothing;
// words and templates that are no good are found now.
func openPost(c config.Config, clock outbound.Clock) (post, error) {
	if !c.HasMail() {
		return post{}, nil
	}
	words, err := letters.New(letters.Options{Product: c.Email.FromName, Language: c.Email.DefaultLocale, Folder: c.Email.TemplatesDir})
	if err != nil {
		return post{}, err
	}
	if c.KeepsMail() {
		box := mailbox.New(clock)
		return post{mailer: box, letters: words, box: box}, nil
	}
	mailer, err := openMailer(c)
	if err != nil {
		return post{}, err
	}
	return post{mailer: mailer, letters: words}, nil
}

func openMailer(c config.Config) (outbound.Mailer, error) {
	e := c.Email
	from := mail.Address{Name: e.FromName, Address: e.FromAddress}
	if e.Provider == config.SMTP {
		return smtp.New(smtp.Options{
			Host: e.SMTPHost, Port: e.SMTPPort, Security: smtp.Security(e.SMTPSecurity), Username: e.SMTPUsername, Password: e.SMTPPassword.Reveal(),
			From: from, ReplyTo: e.ReplyTo, Name: hostOf(c.Server.PublicURL),
		})
	}
	return mailapi.New(mailapi.Options{
		Provider: mailapi.Provider(e.Provider), URL: e.APIURL, Key: e.APIKey.Reveal(), From: from, ReplyTo: e.ReplyTo,
	})
}

// hostOf is the name in an address, or nothing.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// whereMailGoes tells a developer where mails are, at an instance that is reached
// at an address.
func (p *program) whereMailGoes(at string) string {
	switch {
	case p.services.Mailbox != nil:
		return "is kept at " + at + "/dev/mailbox"
	case p.config.HasMail():
		return "leaves by " + string(p.config.Email.Provider)
	}
	return "none"
}
