package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/plinto/plinto/config"
)

// developmentSecrets gives the secrets that a development machine was not
// told: kept in DATA_DIR, made there the first time, readable by their owner
// alone. Other environments were refused long before.
func developmentSecrets(c *config.Config) error {
	for name, secret := range map[string]*config.Secret{"secret_key": &c.SecretKey, "jwt_secret_key": &c.JWT.SecretKey} {
		if *secret != "" {
			continue
		}
		text, err := keptSecret(filepath.Join(c.DataDir, name))
		if err != nil {
			return fmt.Errorf("development secret: %w", err)
		}
		*secret = config.Secret(text)
	}
	return nil
}

func keptSecret(path string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return "", err
	}
	// Written beside and linked into place: of two programs that start
	// together both find the whole of one secret.
	beside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(beside.Name()) }()
	_, err = beside.WriteString(base64.RawURLEncoding.EncodeToString(secret) + "\n")
	if err = errors.Join(err, beside.Sync(), beside.Close()); err != nil {
		return "", err
	}
	if err := os.Link(beside.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	kept := strings.TrimSpace(string(text))
	if len(kept) < 32 {
		return "", fmt.Errorf("%s has %d characters and needs 32: remove it to have another made, which ends all sessions", path, len(kept))
	}
	return kept, nil
}
