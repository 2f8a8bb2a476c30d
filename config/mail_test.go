package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

// sending enables mail in development, by a server or by an API.
func sending(more ...string) []string {
	return append([]string{"EMAIL_ENABLED=true", "EMAIL_FROM_ADDRESS=no-reply@example.com", "PUBLIC_URL=https://auth.example.com"}, more...)
}

func TestMail(t *testing.T) {
	c := load(t, sending("SMTP_HOST=mail.example.com", "SMTP_USERNAME=plinto", "SMTP_PASSWORD=secret", "EMAIL_REPLY_TO=help@example.com", "EMAIL_DEFAULT_LOCALE=pt")...)
	require.Equal(t, config.Email{
		Enabled: true, Provider: config.SMTP, FromAddress: "no-reply@example.com", FromName: "Plinto", ReplyTo: "help@example.com",
		SMTPHost: "mail.example.com", SMTPPort: 587, SMTPSecurity: config.StartTLS, SMTPUsername: "plinto", SMTPPassword: "secret", DefaultLocale: "pt",
	}, c.Email)
	require.Equal(t, config.ImplicitTLS, load(t, sending("SMTP_HOST=mail.example.com", "SMTP_PORT=465")...).Email.SMTPSecurity)
	require.Equal(t, config.StartTLS, load(t, sending("SMTP_HOST=mail.example.com", "SMTP_PORT=465", "SMTP_TLS=starttls")...).Email.SMTPSecurity)
	require.Equal(t, config.NoTLS, load(t, sending("SMTP_HOST=localhost", "SMTP_TLS=none")...).Email.SMTPSecurity)
	c = load(t, sending("EMAIL_PROVIDER=Postmark", "EMAIL_API_KEY=key")...)
	require.Equal(t, config.Postmark, c.Email.Provider)
	require.Empty(t, c.Email.APIURL)
	load(t, sending("EMAIL_PROVIDER=http", "EMAIL_API_KEY=key", "EMAIL_API_URL=http://127.0.0.1:9000/mail")...)
	load(t, append(inProduction(), sending("EMAIL_PROVIDER=mailgun", "EMAIL_API_KEY=key", "EMAIL_API_URL=https://api.eu.mailgun.net/v3/mg.example.com/messages")...)...)
	load(t, append(inProduction(), sending("SMTP_HOST=mail.example.com")...)...)
}

func TestWhoseMailIsKept(t *testing.T) {
	for _, c := range []struct {
		given       []string
		keeps, sent bool
	}{
		{nil, true, false},
		{[]string{"ENVIRONMENT=test"}, true, false},
		{sending("EMAIL_PROVIDER=mailbox"), true, true},
		{sending("SMTP_HOST=localhost"), false, true},
		{inProduction(), false, false},
		{append(inProduction(), "ENVIRONMENT=staging"), false, false},
		{append(inProduction(), sending("SMTP_HOST=mail.example.com")...), false, true},
	} {
		loaded := load(t, c.given...)
		require.Equal(t, c.keeps, loaded.KeepsMail(), "%v", c.given)
		require.Equal(t, c.keeps || c.sent, loaded.HasMail(), "%v", c.given)
	}
	require.Contains(t, strings.Join(load(t, "HOST=0.0.0.0").Warnings, "\n"), "/dev/mailbox")
	require.NotContains(t, strings.Join(load(t, "HOST=::1").Warnings, "\n"), "/dev/mailbox")
}

func TestMailRefused(t *testing.T) {
	production := func(more ...string) []string { return append(inProduction(), sending(more...)...) }
	for _, c := range []struct {
		given []string
		want  string
	}{
		{[]string{"EMAIL_ENABLED=true", "SMTP_HOST=h", "PUBLIC_URL=https://a.example"}, "EMAIL_FROM_ADDRESS: is missing"},
		{sending(), "SMTP_HOST: is missing"},
		{sending("SMTP_HOST=h", "SMTP_USERNAME=u"), "SMTP_PASSWORD: and SMTP_USERNAME belong together"},
		{sending("SMTP_HOST=h", "SMTP_PASSWORD=p"), "SMTP_PASSWORD: and SMTP_USERNAME belong together"},
		{sending("SMTP_HOST=mail.example.com", "SMTP_TLS=none"), "SMTP_TLS: is none; only development"},
		{sending("SMTP_HOST=localhost", "SMTP_TLS=none", "SMTP_USERNAME=u", "SMTP_PASSWORD=p"), "SMTP_TLS: is none; a password needs"},
		{sending("SMTP_TLS=opportunistic", "SMTP_HOST=h"), `SMTP_TLS: "opportunistic" is not one of starttls, implicit, none`},
		{production("SMTP_HOST=localhost", "SMTP_TLS=none"), "SMTP_TLS: is none; only development"},
		{production("EMAIL_PROVIDER=mailbox"), "EMAIL_PROVIDER: is mailbox"},
		{append(inProduction(), "EMAIL_PROVIDER=mailbox"), "EMAIL_PROVIDER: is mailbox"},
		{append(inProduction(), "ENVIRONMENT=staging", "EMAIL_PROVIDER=mailbox"), "EMAIL_PROVIDER: is mailbox"},
		{sending("EMAIL_PROVIDER=resend"), "EMAIL_API_KEY: is missing"},
		{sending("EMAIL_PROVIDER=resend", "EMAIL_API_KEY=a\nb"), "EMAIL_API_KEY: has more than one line"},
		{sending("EMAIL_PROVIDER=http", "EMAIL_API_KEY=k"), "EMAIL_API_URL: is missing"},
		{sending("EMAIL_PROVIDER=http", "EMAIL_API_KEY=k", "EMAIL_API_URL=http://mail.example.com/"), "EMAIL_API_URL: is not https"},
		{production("EMAIL_PROVIDER=http", "EMAIL_API_KEY=k", "EMAIL_API_URL=http://127.0.0.1/"), "EMAIL_API_URL: is not https"},
		{sending("EMAIL_PROVIDER=http", "EMAIL_API_KEY=k", "EMAIL_API_URL=https://u:p@h.example/"), "EMAIL_API_URL: is not a web address"},
		{[]string{"EMAIL_REPLY_TO=Ann <ann@example.com>"}, "EMAIL_REPLY_TO: is not a mail address"},
		{[]string{"EMAIL_DEFAULT_LOCALE=English!"}, "EMAIL_DEFAULT_LOCALE: is not the tag of a language"},
		{[]string{"EMAIL_FROM_NAME={product}"}, "EMAIL_FROM_NAME: is no name"},
		{[]string{"EMAIL_TEMPLATES_DIR=" + filepath.Join(t.TempDir(), "missing")}, "EMAIL_TEMPLATES_DIR: is not a folder"},
		{[]string{"EMAIL_TEMPLATES_DIR=" + write(t, "a file")}, "EMAIL_TEMPLATES_DIR: is not a folder"},
	} {
		require.Contains(t, refused(t, c.given...), c.want, "%v", c.given)
	}
	all := strings.Join(faultsOf(t, config.Source{Environ: []string{"EMAIL_ENABLED=true", "EMAIL_PROVIDER=http"}}), "\n")
	for _, name := range []string{"EMAIL_FROM_ADDRESS", "EMAIL_API_KEY", "EMAIL_API_URL"} {
		require.Contains(t, all, name+": is missing", "all at once")
	}
	load(t, "EMAIL_TEMPLATES_DIR="+t.TempDir())
}
