package config

import (
	"errors"
	"net/url"
	"time"
)

// links checks what is done by links in mails.
func (f *findings) links(cfg Config) {
	within := func(name string, d, low, high time.Duration, unit time.Duration) {
		f.within(name, int(d/unit), int(low/unit), int(high/unit))
	}
	const week = 7 * 24 * time.Hour
	within("EMAIL_VERIFICATION_EXPIRE_HOURS", cfg.Links.Verification, time.Hour, week, time.Hour)
	within("PASSWORD_RESET_EXPIRE_MINUTES", cfg.Links.Reset, 5*time.Minute, 24*time.Hour, time.Minute)
	within("MAGIC_LINK_EXPIRE_MINUTES", cfg.Links.Magic, time.Minute, time.Hour, time.Minute)
	within("INVITATION_EXPIRE_HOURS", cfg.Links.Invitation, time.Hour, week, time.Hour)
	f.require(cfg.Signup.Enumeration != Hidden || cfg.HasMail(), "SIGNUP_ENUMERATION", "is hidden, which tells people by mail; set EMAIL_ENABLED, or leave it at visible")
	f.require(!cfg.Features.MagicLinks || cfg.HasMail(), "ENABLE_MAGIC_LINKS", "is true, and no mail is sent; set EMAIL_ENABLED, or leave it at false")
}

// redirect takes an address that a link may lead on to.
func redirect(item string) (string, error) {
	var address string
	if err := webURL(&address)(item); err != nil {
		return "", errors.New(quoted(item) + " " + err.Error())
	}
	// webURL has parsed it already.
	u, _ := url.Parse(address)
	if u.Scheme == "https" || isLoopback(u.Hostname()) {
		return address, nil
	}
	return "", errors.New(quoted(item) + " is not https; only an address of this machine, such as http://localhost:3000, may be without")
}
