package config_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

func TestSecretPrintsMasked(t *testing.T) {
	secret, empty := config.Secret("hunter2"), config.Secret("")
	for _, c := range []struct{ format, full, empty string }{
		{"%v", "•••", ""},
		{"%+v", "•••", ""},
		{"%#v", `"•••"`, `""`},
		{"%q", `"•••"`, `""`},
		{"%s", "•••", ""},
		{"%x", "•••", ""},
		{"%#x", "•••", ""},
		{"%d", "•••", ""},
		{"%10s", "•••", ""},
	} {
		require.Equal(t, c.full, fmt.Sprintf(c.format, secret), c.format)
		require.Equal(t, c.empty, fmt.Sprintf(c.format, empty), c.format)
		require.NotContains(t, fmt.Sprintf(c.format, struct{ Key *config.Secret }{&secret}), "hunter2", c.format)
		require.Equal(t, "["+c.full+"]", fmt.Sprintf("["+c.format+"]", secret), c.format)
	}
	require.Equal(t, "•••", secret.String())
	require.Empty(t, empty.String())
	require.Equal(t, `"•••"`, secret.GoString())
	require.Equal(t, "hunter2", secret.Reveal())
}

func TestSecretEncodesMasked(t *testing.T) {
	type holder struct {
		Key  config.Secret
		Keys []config.Secret
		Map  map[string]config.Secret
	}
	asJSON, err := json.Marshal(holder{"hunter2", []config.Secret{"hunter2", ""}, map[string]config.Secret{"k": "hunter2"}})
	require.NoError(t, err)
	require.JSONEq(t, `{"Key":"•••","Keys":["•••",""],"Map":{"k":"•••"}}`, string(asJSON))

	asXML, err := xml.Marshal(config.Secret("hunter2"))
	require.NoError(t, err)
	require.Equal(t, "<Secret>•••</Secret>", string(asXML))

	asText, err := config.Secret("").MarshalText()
	require.NoError(t, err)
	require.Empty(t, asText)
}

func TestSecretLogsMasked(t *testing.T) {
	var out bytes.Buffer
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		out.Reset()
		key := config.Secret("hunter2")
		log.Info("start", "key", key, "all", config.Config{SecretKey: key, SecretKeyPrevious: []config.Secret{key}}, "none", config.Secret(""))
		require.NotContains(t, out.String(), "hunter2")
		require.Contains(t, out.String(), "•••")
	}
}
