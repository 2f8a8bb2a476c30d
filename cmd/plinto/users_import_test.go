package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheProgressOfAnImport(t *testing.T) {
	require.Equal(t, "[                              ]   0 %  0 lines", drawn(0, 200, 0))
	require.Equal(t, "[===============               ]  50 %  7 lines", drawn(100, 200, 7))
	require.Equal(t, "[==============================] 100 %  9 lines", drawn(300, 200, 9), "a file that grows")
	require.Equal(t, "9 lines", drawn(300, 0, 9))
	var out bytes.Buffer
	bar := newProgress(&out, 10)
	bar.show(1, 1)
	bar.clear()
	require.Empty(t, out.String(), "nobody looks")
}
