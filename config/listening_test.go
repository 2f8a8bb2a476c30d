package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheIssuerAndLinksNameThePortThatWasChosen(t *testing.T) {
	c := load(t, "PORT=0", "HOST=127.0.0.1")
	c.ListensOn(40123)
	require.Equal(t, "http://127.0.0.1:40123", c.JWT.Issuer)
	require.Equal(t, "http://127.0.0.1:40123", c.Server.FrontendURL)
	require.Equal(t, "127.0.0.1:40123", c.Server.Address())

	c = load(t, "PORT=0", "JWT_ISSUER=https://auth.example.com", "FRONTEND_URL=https://www.example.com")
	c.ListensOn(40123)
	require.Equal(t, "https://auth.example.com", c.JWT.Issuer, "one that was given stays")
	require.Equal(t, "https://www.example.com", c.Server.FrontendURL)
}
