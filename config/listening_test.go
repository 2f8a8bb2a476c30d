package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

func TestAnIssuerNamesThePortThatWasChosen(t *testing.T) {
	c := config.Config{Server: config.Server{Host: "127.0.0.1"}, JWT: config.JWT{Issuer: "http://127.0.0.1:0"}}
	c.ListensOn(40123)
	require.Equal(t, "http://127.0.0.1:40123", c.JWT.Issuer)
	require.Equal(t, "127.0.0.1:40123", c.Server.Address())

	c = config.Config{Server: config.Server{Host: "127.0.0.1"}, JWT: config.JWT{Issuer: "https://auth.example.com"}}
	c.ListensOn(40123)
	require.Equal(t, "https://auth.example.com", c.JWT.Issuer, "one that was given stays")
}
