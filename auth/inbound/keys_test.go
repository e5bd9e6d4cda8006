package inbound_test

import (
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-mcp/auth/inbound"
)

// stranger is a token signed with a key of an id that the issuer does not publish.
func (i *issuer) stranger(t *testing.T, id string) string {
	t.Helper()
	return sign(t, object{"alg": "RS256", "kid": id}, i.claims(nil), []byte("any"))
}

func TestAFloodOfUnknownKeysReadsOnceAMinute(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t)
	flood := func() {
		var all sync.WaitGroup
		for n := range 1000 {
			token := i.stranger(t, fmt.Sprint("evil", n))
			all.Go(func() {
				if _, err := authenticate(o, token); err == nil {
					t.Error("a stranger was let in")
				}
			})
		}
		all.Wait()
	}
	for minute := range 3 {
		flood()
		if got := i.keysRead(); got != minute+1 {
			t.Fatalf("in minute %d the keys were read %d times, want %d", minute, got, minute+1)
		}
		i.clock.Add(59 * time.Second)
		flood()
		if got := i.keysRead(); got != minute+1 {
			t.Fatalf("59 seconds later the keys were read again")
		}
		i.clock.Add(time.Second)
	}
	accepted(t, o, i.token(t, nil))
}

func TestRequestsShareARead(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t)
	begun, answer := make(chan bool, 100), make(chan bool)
	ec := newEC(elliptic.P256())
	key := published(t, "new", ec.Public())
	i.set(func() {
		i.keysHook = func(w http.ResponseWriter, r *http.Request) {
			begun <- true
			<-answer
			fmt.Fprintf(w, `{"keys":[{"kty":"EC","crv":"P-256","kid":"new","x":%q,"y":%q}]}`, key["x"], key["y"])
		}
	})
	i.clock.Add(time.Minute)
	token := sign(t, object{"alg": "ES256", "kid": "new"}, i.claims(nil), ec)
	var all sync.WaitGroup
	all.Go(func() { // begins the read, and goes away: the others get it all the same
		if _, err := o.Authenticate(request("Bearer " + token).WithContext(cancelled(t))); err == nil {
			t.Error("a request that went away was let in")
		}
	})
	<-begun
	i.clock.Add(time.Minute)        // one that takes long is not doubled
	accepted(t, o, i.token(t, nil)) // known keys wait for nothing
	for range 20 {
		all.Go(func() {
			if _, err := authenticate(o, token); err != nil {
				t.Errorf("a request that waited: %v", err)
			}
		})
	}
	close(answer)
	all.Wait()
	if got := i.keysRead(); got != 2 {
		t.Errorf("the keys were read %d times, want 2", got)
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t)
	ec := newEC(elliptic.P256())
	old := i.token(t, object{"exp": i.clock.Now().Unix() + 36000})
	fresh := func() string { return sign(t, object{"alg": "ES256", "kid": "new"}, i.claims(nil), ec) }
	i.set(func() { i.keys = append(i.keys, published(t, "new", ec.Public())) })
	refusedToken(t, o, fresh(), "does not publish") // read a moment ago
	i.clock.Add(time.Minute)
	accepted(t, o, fresh())
	accepted(t, o, old)

	i.clock.Add(time.Hour - time.Second)
	accepted(t, o, old)
	if got := i.keysRead(); got != 2 {
		t.Fatalf("the keys were read %d times, want 2", got)
	}
	begun := make(chan bool, 1)
	i.set(func() {
		i.keysHook = func(w http.ResponseWriter, _ *http.Request) {
			begun <- true
			_ = json.NewEncoder(w).Encode(object{"keys": []any{published(t, "new", ec.Public())}})
		}
	})
	i.clock.Add(time.Second)
	accepted(t, o, fresh())
	select {
	case <-begun:
	case <-time.After(10 * time.Second):
		t.Fatal("keys that are an hour old were not read again")
	}
	refusedToken(t, o, i.stranger(t, "evil"), "") // waits for what was begun
	refusedToken(t, o, old, "does not publish")
	accepted(t, o, fresh())
}

// TestKeysServeOnWhileTheIssuerFails fails it in all ways.
func TestKeysServeOnWhileTheIssuerFails(t *testing.T) {
	t.Parallel()
	for name, hook := range map[string]http.HandlerFunc{
		"error": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"keys":[]}`)
		},
		"HTML":       func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"no keys":    func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") },
		"null":       func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "null") },
		"hanging up": func(w http.ResponseWriter, _ *http.Request) { hangUp(w) },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, path+"/v1/keys?again", http.StatusFound)
		},
		"huge":         func(w http.ResponseWriter, _ *http.Request) { huge(w) },
		"of no length": func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); huge(w) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t)
			o := i.open(t)
			i.set(func() { i.keysHook = hook })
			for range 3 {
				i.clock.Add(2 * time.Hour)
				accepted(t, o, i.token(t, nil))
				refusedToken(t, o, i.stranger(t, "evil"), "does not publish")
			}
			if got := i.keysRead(); got != 4 {
				t.Errorf("the keys were read %d times, want 4", got)
			}
			if log := i.log.String(); strings.Count(log, "serve on") != 3 {
				t.Errorf("want 3 warnings in the log: %s", log)
			}
			i.set(func() { i.keysHook, i.keys = nil, []any{} })
			i.clock.Add(time.Minute)
			refusedToken(t, o, i.stranger(t, "evil"), "") // reads that there are none any more
			refusedToken(t, o, i.token(t, nil), "does not publish")
		})
	}
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// huge answers what would be a set of keys, were it not for its length.
func huge(w io.Writer) {
	fmt.Fprintf(w, `{"pad":"%s","keys":[]}`, strings.Repeat("x", 1<<20))
}

func TestKeysThatAreNotForTokensArePassedOver(t *testing.T) {
	t.Parallel()
	small := newRSA(1024)
	ec := newEC(elliptic.P256())
	good := published(t, "k", rsaKey().Public())
	private := published(t, "k", rsaKey())
	for name, c := range map[string]struct{ key, signer any }{
		"for encryption":       {good.with(object{"use": "enc"}), rsaKey()},
		"for other operations": {good.with(object{"key_ops": []string{"encrypt"}}), rsaKey()},
		"private":              {private, rsaKey()},
		"without an id":        {good.with(object{"kid": nil}), rsaKey()},
		"weak":                 {published(t, "k", small.Public()), small},
		"shared":               {object{"kty": "oct", "k": "c2VjcmV0", "kid": "k"}, []byte("secret")},
		"unknown":              {object{"kty": "LMS", "kid": "k"}, rsaKey()},
		"broken":               {good.with(object{"n": "!"}), rsaKey()},
		"no object":            {"k", rsaKey()},
		"off its curve":        {published(t, "k", ec.Public()).with(object{"y": published(t, "k", newEC(elliptic.P256()).Public())["y"]}), ec},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t)
			i.keys = append(i.keys, c.key)
			o := i.open(t)
			for _, algorithm := range []string{"RS256", "ES256", "HS256"} {
				refusedToken(t, o, sign(t, object{"alg": algorithm, "kid": "k"}, i.claims(nil), c.signer), "")
			}
			accepted(t, o, i.token(t, nil))

			i.set(func() { i.keys = []any{c.key} })
			if _, err := inbound.NewOAuth(t.Context(), i.config()); err == nil && name != "off its curve" {
				t.Error("an issuer without a key that signs was taken")
			}
		})
	}
}
