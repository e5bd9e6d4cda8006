package oktaclient_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// user is one user about as large as Okta's.
func user(n int) string {
	return fmt.Sprintf(`{"id":"00u%017d","status":"ACTIVE","created":"2026-01-02T03:04:05.000Z","activated":"2026-01-02T03:04:05.000Z","statusChanged":null,`+
		`"lastLogin":"2026-07-01T08:00:00.000Z","lastUpdated":"2026-07-01T08:00:00.000Z","passwordChanged":null,"type":{"id":"oty1"},`+
		`"profile":{"firstName":"Person","lastName":"Number%d","mobilePhone":null,"secondEmail":null,"login":"p%d@example.com","email":"p%d@example.com","department":"%s"},`+
		`"credentials":{"provider":{"type":"OKTA","name":"OKTA"}},"_links":{"self":{"href":"https://acme.okta.com/api/v1/users/00u%017d"}}}`,
		n, n, n, n, strings.Repeat("d", 40), n)
}

func page(n int) string {
	users := make([]string, n)
	for i := range users {
		users[i] = user(i)
	}
	return "[" + strings.Join(users, ",") + "]"
}

// The same bytes over the same kind of connection, through Org and through a
// bare http.Client.
func BenchmarkGetUser(b *testing.B)      { compare(b, "/api/v1/users/00u1", user(1)) }
func BenchmarkListUsers200(b *testing.B) { compare(b, "/api/v1/users", page(200)) }

func compare(b *testing.B, path, body string) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Rate-Limit-Limit", "600")
		w.Header().Set("X-Rate-Limit-Remaining", "599")
		w.Header().Set("X-Rate-Limit-Reset", "1785000000")
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = io.WriteString(w, body)
	}))
	b.Cleanup(srv.Close)
	org := open(b, srv.URL, nil)
	b.Run("org", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			get := func() (int, error) {
				if strings.HasSuffix(path, "users") {
					a, err := org.ListUsers(b.Context(), nil)
					return len(a.Body), err
				}
				a, err := org.GetUser(b.Context(), "00u1", nil)
				return len(a.Body), err
			}
			if n, err := get(); err != nil || n != len(body) {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		client := &http.Client{Transport: &http.Transport{}}
		b.Cleanup(client.CloseIdleConnections)
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			resp, err := client.Get(srv.URL + path)
			if err != nil {
				b.Fatal(err)
			}
			read, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || len(read) != len(body) {
				b.Fatal(len(read), err)
			}
		}
	})
}
