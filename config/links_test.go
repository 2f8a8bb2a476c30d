package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

func TestLinks(t *testing.T) {
	c := load(t)
	require.Equal(t, config.Links{Verification: 48 * time.Hour, Reset: time.Hour, Magic: 10 * time.Minute, Invitation: 48 * time.Hour}, c.Links)
	c = load(t, "MAGIC_LINK_REDIRECT_URLS=https://app.example.com/Welcome, http://localhost:3000,http://[::1]:3000/x", "PASSWORD_RESET_EXPIRE_MINUTES=5")
	require.Equal(t, []string{"https://app.example.com/Welcome", "http://localhost:3000", "http://[::1]:3000/x"}, c.Links.Redirects)
	require.Equal(t, 5*time.Minute, c.Links.Reset)
	for _, wrong := range []string{
		"EMAIL_VERIFICATION_EXPIRE_HOURS=0", "EMAIL_VERIFICATION_EXPIRE_HOURS=169", "PASSWORD_RESET_EXPIRE_MINUTES=4", "PASSWORD_RESET_EXPIRE_MINUTES=1441",
		"MAGIC_LINK_EXPIRE_MINUTES=0", "MAGIC_LINK_EXPIRE_MINUTES=61", "INVITATION_EXPIRE_HOURS=0", "INVITATION_EXPIRE_HOURS=169",
		"MAGIC_LINK_REDIRECT_URLS=http://app.example.com", "MAGIC_LINK_REDIRECT_URLS=https://app.example.com/?a=b", "MAGIC_LINK_REDIRECT_URLS=https://*.example.com",
		"MAGIC_LINK_REDIRECT_URLS=https://ann@app.example.com", "MAGIC_LINK_REDIRECT_URLS=javascript:alert(1)", "MAGIC_LINK_REDIRECT_URLS=//app.example.com",
		"RATE_LIMIT_MAIL_PER_ADDRESS_PER_HOUR=0", "RATE_LIMIT_MAIL_PER_ACCOUNT_PER_HOUR=0", "RATE_LIMIT_LINK_PER_ADDRESS_PER_5_MINUTES=0",
	} {
		require.NotEmpty(t, refused(t, wrong), wrong)
	}
}

// What needs mail is refused where there is none, and not where a developer
// reads it.
func TestWhatNeedsMail(t *testing.T) {
	for _, asks := range []string{"ENABLE_MAGIC_LINKS=true", "SIGNUP_ENUMERATION=hidden"} {
		load(t, asks)
		text := refused(t, append(inProduction(), asks)...)
		require.Contains(t, text, "EMAIL_ENABLED", asks)
	}
}

func TestLinksPointSomewhere(t *testing.T) {
	require.Equal(t, "https://auth.example.com", load(t, "PUBLIC_URL=https://auth.example.com").Server.FrontendURL)
	require.Equal(t, "http://127.0.0.1:8000", load(t).Server.FrontendURL)
}
