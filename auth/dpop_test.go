package auth_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/auth"
)

func withDPoP(mode auth.DPoPMode) func(*auth.Config) {
	return func(c *auth.Config) { c.DPoP = mode }
}

func TestDPoPIsFoundOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		mode     auth.DPoPMode
		required bool
		nonce    string
		requests int // of the first token
		bound    bool
	}{
		{"nobody wants it", "", false, "", 1, false},
		{"required", "", true, "", 2, true},
		{"required with a nonce", "auto", true, "n-1", 2, true}, // the refusal had the nonce already
		{"always, with a nonce", "always", true, "n-1", 2, true},
		{"always, though not required", "always", false, "", 1, true},
		{"never, and not required", "never", false, "", 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				key := newTestKey(t)
				okta := newFakeOkta(t, key)
				okta.requireDPoP = c.required
				okta.setNonce(true, c.nonce)
				app := newApp(t, okta, key, withDPoP(c.mode))
				if err := app.SignIn(t.Context()); err != nil {
					t.Fatalf("signing in: %v", err)
				}
				if okta.count() != c.requests || app.State().DPoP != c.bound {
					t.Errorf("%d requests, bound %t; want %d, %t", okta.count(), app.State().DPoP, c.requests, c.bound)
				}
				if status, attempts := call(t, okta, app, testOrg+"/api/v1/users?limit=2#x"); status != 200 || attempts != 1 {
					t.Errorf("a call was answered %d after %d attempts, want 200 at once", status, attempts)
				}
				before := okta.count()
				time.Sleep(2 * time.Hour)
				if err := app.SignIn(t.Context()); err != nil || okta.count() != before+1 {
					t.Errorf("the renewal took %d requests (%v), want 1: what was found out is remembered", okta.count()-before, err)
				}
			})
		})
	}
}

func TestDPoPThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		mode  auth.DPoPMode
		setUp func(*fakeOkta)
		code  string
		want  string
	}{
		{"never, but required", auth.DPoPNever, func(f *fakeOkta) { f.requireDPoP = true }, "invalid_dpop_proof", "set dpop to auto, or untick"},
		{"always, but not bound", auth.DPoPAlways, func(f *fakeOkta) { f.ignoreDPoP = true }, "unexpected_answer", "set dpop to auto"},
		{"a nonce that changes each time", auth.DPoPAuto, func(f *fakeOkta) {
			f.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("DPoP-Nonce", fmt.Sprint("n", n))
				refuse(w, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof.")
				return true
			}
		}, "use_dpop_nonce", "proxy"},
		{"a proof that gets lost", auth.DPoPAuto, func(f *fakeOkta) {
			f.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				refuse(w, "invalid_dpop_proof", "The DPoP proof JWT header is missing.")
				return true
			}
		}, "invalid_dpop_proof", "dropping the DPoP header"},
		{"another address", auth.DPoPAuto, func(f *fakeOkta) {
			f.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				refuse(w, "invalid_dpop_proof", "'htu' claim in the DPoP proof JWT is invalid.")
				return true
			}
		}, "invalid_dpop_proof", "set the org URL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			key := newTestKey(t)
			okta := newFakeOkta(t, key)
			c.setUp(okta)
			err := newApp(t, okta, key, withDPoP(c.mode)).SignIn(t.Context())
			var refusal *auth.Error
			if !errors.As(err, &refusal) || refusal.Code != c.code || !strings.Contains(refusal.Advice, c.want) {
				t.Fatalf("got %v, want %s with %q", err, c.code, c.want)
			}
			if okta.count() > 3 {
				t.Errorf("%d requests: each cause is to be mended once", okta.count())
			}
		})
	}
}

func TestProofsAreWhatTheRFCAsksFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.requireDPoP = true
		app := newApp(t, okta, key, nil)
		for _, path := range []string{"/api/v1/users?search=a%2Fb", "/api/v1/users/ann%40acme.test", "/api/v1/users/a%2Fb%20c", "/api/v1/groups"} {
			if status, _ := call(t, okta, app, testOrg+path); status != 200 {
				t.Errorf("GET %s was answered %d", path, status)
			}
		}
		proofs := okta.seenProofs()
		if len(proofs) != 5 {
			t.Fatalf("%d proofs, want one for the token and one for each call", len(proofs))
		}
		for _, p := range proofs {
			names := slices.Sorted(maps.Keys(p.claims))
			want := []string{"ath", "htm", "htu", "iat", "jti"}
			if p.claims["htm"] == "POST" {
				want = want[1:]
			}
			if !slices.Equal(names, want) {
				t.Errorf("the claims are %v, want %v", names, want)
			}
			jwk := p.header["jwk"].(map[string]any)
			if names := slices.Sorted(maps.Keys(jwk)); !slices.Equal(names, []string{"crv", "kty", "x", "y"}) {
				t.Errorf("the proof's jwk has %v, want the public half alone", names)
			}
			if p.thumbprint != proofs[0].thumbprint {
				t.Error("the key changed")
			}
		}
	})
}

func TestAProofLeftFromBeforeIsTakenOff(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, testOrg+"/api/v1/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("DPoP", "stale")
	if err := newApp(t, newFakeOkta(t, key), key, nil).Authorize(req); err != nil || req.Header.Get("DPoP") != "" {
		t.Errorf("a Bearer token goes with the proof %q (%v)", req.Header.Get("DPoP"), err)
	}
}

func TestEachServerHasItsNonce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.requireDPoP = true
		okta.setNonce(true, "token-nonce")
		okta.setNonce(false, "api-1")
		app := newApp(t, okta, key, nil)
		expect := func(when string, attempts, requests int) {
			t.Helper()
			before := okta.count()
			status, tried := call(t, okta, app, testOrg+"/api/v1/users")
			if status != 200 || tried != attempts || okta.count()-before != requests {
				t.Errorf("%s: %d after %d attempts and %d requests, want 200 after %d and %d", when, status, tried, okta.count()-before, attempts, requests)
			}
		}
		expect("first, with the API's nonce unknown", 2, 4)
		expect("with it known", 1, 1)
		okta.setNonce(false, "api-2")
		expect("after it changed: no new token is asked for", 2, 2)
		if !app.State().SignedIn {
			t.Error("a nonce was taken for a refusal of the token")
		}
	})
}

func TestANonceIsNoReasonToGoOnForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.requireDPoP = true
		app := newApp(t, okta, key, nil)
		header := mustAuthorize(t, app)
		req, err := http.NewRequest(http.MethodGet, testOrg+"/api/v1/users", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", header)
		resp := &http.Response{StatusCode: 401, Request: req, Header: http.Header{"Www-Authenticate": {`DPoP error="use_dpop_nonce"`}}}
		if retry, err := app.Answered(resp); retry || err != nil {
			t.Errorf("retry %t, %v for a nonce that was not given", retry, err)
		}
		for _, nonce := range []string{strings.Repeat("n", 2000), "a b", "a\x00"} {
			resp.Header.Set("DPoP-Nonce", nonce)
			if retry, _ := app.Answered(resp); retry {
				t.Errorf("the nonce %.20q was taken", nonce)
			}
		}
		if got := mustAuthorize(t, app); got != header {
			t.Error("the token was renewed for want of a nonce")
		}
	})
}

func TestAProofWithAWrongClockIsSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.requireDPoP = true
		app := newApp(t, okta, key, nil)
		token := mustAuthorize(t, app)
		okta.now = func() time.Time { return time.Now().Add(10 * time.Minute) } // ours was set back
		if status, attempts := call(t, okta, app, testOrg+"/api/v1/users"); status != 200 || attempts != 2 {
			t.Errorf("answered %d after %d attempts, want 200 after 2", status, attempts)
		}
		if got := mustAuthorize(t, app); got != token {
			t.Error("the token was renewed though only the clock was off")
		}
	})
}

// challengeHeader writes challenges in one of the many ways there are.
func challengeHeader(r *rand.Rand, code string) string {
	quote := func(s string) string {
		if r.IntN(2) == 0 {
			return s
		}
		return `"` + strings.ReplaceAll(s, "_", []string{"_", `\_`}[r.IntN(2)]) + `"`
	}
	space := func() string { return []string{"", " ", "  ", "\t"}[r.IntN(4)] }
	params := []string{
		[]string{"error", "Error"}[r.IntN(2)] + space() + "=" + space() + quote(code),
		`algs="RS256 ES256"`, `error_description="a, DPoP error=\"no\", b"`, "realm=" + quote("x"),
	}
	r.Shuffle(len(params), func(i, j int) { params[i], params[j] = params[j], params[i] })
	challenges := []string{
		[]string{"DPoP ", "dpop ", "DPOP  "}[r.IntN(3)] + strings.Join(params, space()+","+space()),
		`Bearer realm="x", error="invalid_token"`, "Negotiate", "Basic dGVzdA==",
	}
	challenges = challenges[:1+r.IntN(len(challenges))]
	r.Shuffle(len(challenges), func(i, j int) { challenges[i], challenges[j] = challenges[j], challenges[i] })
	return strings.Join(challenges, space()+", ")
}

func TestChallengesAreFoundHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	app := newApp(t, newFakeOkta(t, key), key, nil)
	header := mustAuthorize(t, app)
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		text := challengeHeader(r, "use_dpop_nonce")
		if retry := challenged(t, app, header, text); !retry {
			t.Fatalf("the challenge in %q was not found", text)
		}
		other := strings.ReplaceAll(strings.ReplaceAll(text, "use_dpop_nonce", "invalid_dpop_proof"), `use\_dpop\_nonce`, "invalid_dpop_proof")
		if retry := challenged(t, app, header, other); retry {
			t.Fatalf("%q, which asks for no nonce, was taken to", other)
		}
	}
	if got := mustAuthorize(t, app); got != header {
		t.Error("challenges about proofs renewed the token")
	}
}

func challenged(t testing.TB, app authorizer, authorization, challenge string) (retry bool) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, testOrg+"/api/v1/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	header := http.Header{"Www-Authenticate": {"Newauth a=b", challenge}, "Dpop-Nonce": {"n"}}
	var answers []bool
	for _, status := range []int{400, 401, 403} {
		retry, err := app.Answered(&http.Response{StatusCode: status, Request: req, Header: header})
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, retry)
	}
	if answers[2] {
		t.Errorf("a 403 with %q is worth another try", challenge)
	}
	return answers[0] && answers[1]
}

func FuzzChallenges(f *testing.F) {
	for _, seed := range []string{`DPoP error="use_dpop_nonce"`, `DPoP error=`, `DPoP error="a\`, `=`, `,,,DPoP`, `Basic a==, DPoP error=x`, "DPoP \x00error=\"\xff\""} {
		f.Add(seed)
	}
	key := newTestKey(f)
	app := newApp(f, newFakeOkta(f, key), key, nil)
	header := mustAuthorize(f, app)
	f.Fuzz(func(t *testing.T, text string) {
		challenged(t, app, header, text) // may be taken for anything, but has an end
		if !challenged(t, app, header, "DPoP error=use_dpop_nonce,"+text) {
			t.Errorf("what follows, %q, hid the challenge", text)
		}
	})
}
