package plinto_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	plinto "github.com/plinto/plinto/adapters/httpapi/clients/go"
)

// A service that lets nobody in without a good access token, and nobody whose
// session has ended.
func Example() {
	verifier, err := plinto.New(plinto.Options{
		Issuer:       "https://auth.example.com",
		Audience:     "plinto",
		ClientID:     os.Getenv("PLINTO_CLIENT_ID"), // plinto clients create orders
		ClientSecret: os.Getenv("PLINTO_CLIENT_SECRET"),
		MaxStaleness: 5 * time.Second,   // of what is known of revocations
		Late:         plinto.Introspect, // beyond that, ask about each token
	})
	if err != nil {
		log.Print(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { _ = verifier.Run(ctx) }()

	orders := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := plinto.FromContext(r.Context())
		_, _ = fmt.Fprintf(w, "the orders of %s\n", claims.Subject)
	})
	log.Print(http.ListenAndServe("127.0.0.1:8080", verifier.Require(orders))) //nolint:gosec // a server of your own has time limits
}
