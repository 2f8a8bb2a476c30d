//go:build noawskms

package kms_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/kms"
	"github.com/plinto/plinto/ports/outbound"
)

func TestAServiceThatWasLeftOut(t *testing.T) {
	k, err := kms.New(kms.Options{URI: "awskms:key-id=x", Timeout: time.Second})
	require.NoError(t, err)
	_, err = k.Key(t.Context())
	require.ErrorContains(t, err, "key in awskms: this program was built without it")
	require.NotErrorIs(t, err, outbound.ErrUnavailable)
}
