package recipient_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/internal/recipient"
)

func TestWritten(t *testing.T) {
	for address, want := range map[string]string{
		"Ann@Example.com":    "Ann@Example.com",
		"ann@bücher.example": "ann@xn--bcher-kva.example",
		"ann@例え.テスト":         "ann@xn--r8jz45g.xn--zckzah",
		"ann@a_b.example":    "ann@a_b.example",
	} {
		written, ascii := recipient.Written(address)
		require.Equal(t, want, written)
		require.True(t, ascii)
	}
	for _, address := range []string{"änn@example.com", "ann@\u2260\u00ad.example"} {
		_, ascii := recipient.Written(address)
		require.False(t, ascii, address)
	}
}
