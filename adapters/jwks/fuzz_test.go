package jwks_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/plinto/plinto/core/token"
)

// FuzzVerify looks for a panic, for an error that is not a refusal, and for a
// token that was not signed here and is let in.
func FuzzVerify(f *testing.F) {
	s, pairs := newSigner(f, token.EdDSA)
	good := signed(f, s)
	parts := strings.Split(good, ".")
	ours := map[string]bool{good: true}
	f.Add(good)
	for _, a := range algorithms {
		input := segment(f, headerOf(pairs[a])) + "." + parts[1]
		f.Add(input + "." + parts[2])
		f.Add(input + ".")
		f.Add(segment(f, with(headerOf(pairs[a]), "alg", "none")) + "." + parts[1] + ".")
	}
	for _, text := range []string{
		"", "..", "a.b.c", good + ".x", good + "\n", parts[0] + ".." + parts[2],
		segment(f, `{"alg":"EdDSA","alg":"EdDSA","kid":"x","typ":"at+jwt"}`) + ".e30.AA",
		segment(f, `{"alg":"EdDSA","kid":"x","typ":"at+jwt"}`) + ".e30.AA",
		segment(f, `{"alg":{"alg":[[[]]]}}`) + ".e30.AA", segment(f, "{\"\xff\":\"\\ud800\"}") + ".e30.AA",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		claims, err := s.Verify(text)
		switch {
		case err == nil && !ours[text]:
			t.Fatalf("let in: %q", text)
		case err != nil && !errors.Is(err, token.ErrInvalid):
			t.Fatalf("not a refusal: %v", err)
		case err != nil && claims.Issuer != "":
			t.Fatal("claims of a refused token")
		}
	})
}
