package plinto_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	plinto "github.com/plinto/plinto/adapters/httpapi/clients/go"
)

// A service that lets nobody in without a good access token, and nobody whose
// session has ended.
func Example() {
	verifier, err := plinto.New(plinto.Options{
		Issuer:       "http://127.0.0.1:8000",
		Audience:     "plinto",
		ClientID:     "019f0000-0000-7000-8000-000000000003", // plinto clients create orders
		ClientSecret: "pcs_…",
		MaxStaleness: 5 * time.Second,   // of what is known of revocations
		Late:         plinto.Introspect, // beyond that, ask about each token
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { _ = verifier.Run(ctx) }()

	orders := httptest.NewServer(verifier.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := plinto.FromContext(r.Context())
		_, _ = fmt.Fprintf(w, "the orders of %s\n", claims.Subject)
	})))
	defer orders.Close()

	answer, err := http.Get(orders.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	fmt.Println(answer.Status, answer.Header.Get("WWW-Authenticate"))
	// Output: 401 Unauthorized Bearer
}
