package demoorg_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"okta-mcp/oktaclient/demoorg"
)

// doc is a JSON object in the making.
type doc = map[string]any

// prover holds an ES256 key and signs DPoP proofs by it.
type prover struct {
	private *ecdsa.PrivateKey
	public  doc
}

func newProver(t testing.TB) prover {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return prover{private, publicJWK(t, private)}
}

// publicJWK is the public half of a key as a JSON object.
func publicJWK(t testing.TB, private any) doc {
	t.Helper()
	key, err := jwk.FromRaw(private)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return jsonObject(t, public)
}

func jsonObject(t testing.TB, v any) (object doc) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// sign makes a proof of whatever header and claims.
func (p prover) sign(t testing.TB, header, claims doc) string {
	t.Helper()
	part := func(v doc) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	text := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.private, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// proof makes a good proof of a request; more claims, if any, win.
func (p prover) proof(t testing.TB, method, target string, more doc) string {
	t.Helper()
	claims := doc{"htm": method, "htu": "http://acme.example" + target, "iat": start.Unix(), "jti": rand.Text()}
	maps.Copy(claims, more)
	return p.sign(t, doc{"typ": "dpop+jwt", "alg": "ES256", "jwk": p.public}, claims)
}

// athOf is the claim that ties a proof to an access token.
func athOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// nonceOf asks the token endpoint for its nonce.
func nonceOf(t testing.TB, org *demoorg.Org) string {
	t.Helper()
	nonce := postForm(org, url.Values{"grant_type": {"none"}}).header.Get("DPoP-Nonce")
	if nonce == "" {
		t.Fatal("the token endpoint tells no nonce")
	}
	return nonce
}

// boundToken signs the service app in by that key.
func boundToken(t testing.TB, org *demoorg.Org, p prover, scopes ...string) string {
	t.Helper()
	proof := p.proof(t, "POST", "/oauth2/v1/token", doc{"nonce": nonceOf(t, org)})
	got := askToken(org, goodAssertion(org, rand.Text()).sign(t, org), strings.Join(scopes, " "), proof)
	if got.status != http.StatusOK || got.object(t)["token_type"] != "DPoP" {
		t.Fatalf("sign in with a proof: %d %s, want a DPoP token", got.status, got.body)
	}
	token, _ := got.object(t)["access_token"].(string)
	return token
}

// call sends an API request with a token under a scheme, and with proofs.
func call(org *demoorg.Org, scheme, token, method, target string, proofs ...string) reply {
	r := httptest.NewRequest(method, "http://acme.example"+target, nil)
	r.Header.Set("Authorization", scheme+" "+token)
	r.Header["Dpop"] = proofs
	return serve(org, r)
}

// refusedProof fails the test unless an API call was refused for its proof.
func refusedProof(t *testing.T, what string, got reply, code, says string) {
	t.Helper()
	challenge := got.header.Get("WWW-Authenticate")
	if got.status != http.StatusBadRequest || got.body != "" ||
		!strings.HasPrefix(challenge, `DPoP algs="RS256 RS384 RS512 ES256 ES384 ES512", authorization_uri="http://acme.example/oauth2/v1/authorize", `) ||
		!strings.Contains(challenge, `error="`+code+`"`) || !strings.Contains(challenge, says) {
		t.Errorf("%s: %d %q, challenge %s; want 400 without a body, %s and %q", what, got.status, got.body, challenge, code, says)
	}
}

func TestAnAppThatRequiresDPoP(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{RequireDPoP: true})
	p := newProver(t)
	ask := func(proofs ...string) reply {
		return askToken(org, goodAssertion(org, rand.Text()).sign(t, org), "okta.users.read", proofs...)
	}
	got := ask()
	if got.status != 400 || got.body != `{"error":"invalid_dpop_proof","error_description":"The DPoP proof JWT header is missing."}` {
		t.Errorf("without a proof: %d %s", got.status, got.body)
	}
	got = ask(p.proof(t, "POST", "/oauth2/v1/token", nil))
	if got.status != 400 || got.body != `{"error":"use_dpop_nonce","error_description":"Authorization server requires nonce in DPoP proof."}` {
		t.Errorf("without a nonce: %d %s", got.status, got.body)
	}
	got = ask(p.proof(t, "POST", "/oauth2/v1/token", doc{"nonce": got.header.Get("DPoP-Nonce")}))
	if got.status != 200 || got.object(t)["token_type"] != "DPoP" || got.header.Get("DPoP-Nonce") == "" {
		t.Fatalf("with the nonce told: %d %s, headers %v", got.status, got.body, got.header)
	}
	if err := org.RequireDPoP(org.Credentials().ClientID, false); err != nil {
		t.Fatal(err)
	}
	if got := ask(); got.status != 200 || got.object(t)["token_type"] != "Bearer" {
		t.Errorf("no longer required: %d %s, want a bearer token", got.status, got.body)
	}
	if err := org.RequireDPoP("0oaOther", true); err == nil {
		t.Error("DPoP can be required of an app that is none")
	}
}

func TestTheAppsDocumentTellsWhetherDPoPIsRequired(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{RequireDPoP: true})
	for _, id := range []string{org.Credentials().ClientID, org.Credentials().NativeClientID} {
		app := must(t, org, 200, "GET", "/api/v1/apps/"+id, "").object(t)
		if at(app, "settings", "oauthClient", "dpop_bound_access_tokens") != true {
			t.Errorf("app %v tells dpop_bound_access_tokens %v, want true", app["label"], at(app, "settings", "oauthClient", "dpop_bound_access_tokens"))
		}
	}
}

func TestBadProofsAreRefused(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	p, other := newProver(t), newProver(t)
	nonce := nonceOf(t, org)
	private := jsonObject(t, func() jwk.Key { key, _ := jwk.FromRaw(p.private); return key }())
	for name, c := range map[string]struct {
		spoil func(header, claims doc)
		says  string
	}{
		"typ JWT":            {func(h, _ doc) { h["typ"] = "JWT" }, "'typ' header"},
		"alg none":           {func(h, _ doc) { h["alg"] = "none" }, "'alg' header"},
		"alg HS256":          {func(h, _ doc) { h["alg"] = "HS256" }, "'alg' header"},
		"alg of another key": {func(h, _ doc) { h["alg"] = "RS256" }, "'alg' header"},
		"no jwk":             {func(h, _ doc) { delete(h, "jwk") }, "'jwk' header"},
		"private jwk":        {func(h, _ doc) { h["jwk"] = private }, "'jwk' header"},
		"symmetric jwk":      {func(h, _ doc) { h["jwk"] = doc{"kty": "oct", "k": "c2VjcmV0"} }, "'jwk' header"},
		"jwk of another":     {func(h, _ doc) { h["jwk"] = other.public }, "signature"},
		"htm":                {func(_, c doc) { c["htm"] = "GET" }, "'htm' claim"},
		"htm in lower case":  {func(_, c doc) { c["htm"] = "post" }, "'htm' claim"},
		"htu elsewhere":      {func(_, c doc) { c["htu"] = "http://acme.example/oauth2/v1/revoke" }, "'htu' claim"},
		"htu with a query":   {func(_, c doc) { c["htu"] = tokenURL + "?a=b" }, "'htu' claim"},
		"no htu":             {func(_, c doc) { delete(c, "htu") }, "'htu' claim"},
		"old":                {func(_, c doc) { c["iat"] = start.Add(-5*time.Minute - time.Second).Unix() }, "issued more than five minutes in the past."},
		"no iat":             {func(_, c doc) { delete(c, "iat") }, "five minutes in the past"},
		"early":              {func(_, c doc) { c["iat"] = start.Add(5*time.Minute + time.Second).Unix() }, "five minutes in the future"},
		"claims of no kind":  {func(_, c doc) { c["jti"] = 7 }, "cannot be parsed"},
		"no jti":             {func(_, c doc) { delete(c, "jti") }, "'jti' claim"},
	} {
		header := doc{"typ": "dpop+jwt", "alg": "ES256", "jwk": p.public}
		claims := doc{"htm": "POST", "htu": tokenURL, "iat": start.Unix(), "jti": name, "nonce": nonce}
		c.spoil(header, claims)
		got := askToken(org, goodAssertion(org, rand.Text()).sign(t, org), "okta.users.read", p.sign(t, header, claims))
		said, _ := got.object(t)["error_description"].(string)
		if got.status != 400 || got.object(t)["error"] != "invalid_dpop_proof" || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d %s, want 400 invalid_dpop_proof with %q", name, got.status, got.body, c.says)
		}
	}
	good := p.proof(t, "POST", "/oauth2/v1/token", doc{"nonce": nonce})
	for name, proofs := range map[string][]string{"two headers": {good, good}, "no JWT": {"x"}, "JSON": {`{"payload":"e30"}`}, "no signature": {good[:strings.LastIndex(good, ".")+1]}} {
		got := askToken(org, goodAssertion(org, rand.Text()).sign(t, org), "okta.users.read", proofs...)
		if got.status != 400 || got.object(t)["error"] != "invalid_dpop_proof" {
			t.Errorf("%s: %d %s, want 400 invalid_dpop_proof", name, got.status, got.body)
		}
	}
}

func TestAProofIsGoodOnceForItsKey(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Now: c.now})
	p, other := newProver(t), newProver(t)
	claims := doc{"nonce": nonceOf(t, org), "jti": "the one"}
	ask := func(proof string) reply {
		a := goodAssertion(org, rand.Text())
		a.iat, a.exp = c.at, c.at.Add(time.Minute)
		return askToken(org, a.sign(t, org), "okta.users.read", proof)
	}
	if got := ask(p.proof(t, "POST", "/oauth2/v1/token", claims)); got.status != 200 {
		t.Fatalf("first: %d %s", got.status, got.body)
	}
	c.advance(4 * time.Minute)
	if got := ask(p.proof(t, "POST", "/oauth2/v1/token", claims)); got.status != 400 || !strings.Contains(got.body, "The DPoP proof JWT has already been used.") {
		t.Errorf("again: %d %s, want it refused as used", got.status, got.body)
	}
	if got := ask(other.proof(t, "POST", "/oauth2/v1/token", claims)); got.status != 200 {
		t.Errorf("the same jti by another key: %d %s", got.status, got.body)
	}
	for _, wait := range []time.Duration{0, 4 * time.Minute, 4 * time.Minute, 4 * time.Minute} {
		c.advance(wait)
		late := p.proof(t, "POST", "/oauth2/v1/token", doc{"nonce": claims["nonce"], "iat": c.at.Unix()})
		if got := ask(late); got.status != 200 {
			t.Fatalf("after %s more: %d %s", wait, got.status, got.body)
		}
		c.advance(4 * time.Minute)
		ask(p.proof(t, "POST", "/oauth2/v1/token", doc{"nonce": claims["nonce"], "iat": c.at.Unix()}))
		if got := ask(late); !strings.Contains(got.body, "already been used") {
			t.Errorf("%s after the start, a proof four minutes old works again: %d %s", c.at.Sub(start), got.status, got.body)
		}
	}
}

func TestRSAProofs(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	private := rsaKey(t)
	payload, err := json.Marshal(doc{"htm": "POST", "htu": tokenURL, "iat": start.Unix(), "jti": "1", "nonce": nonceOf(t, org)})
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwk.FromRaw(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	headers := jws.NewHeaders()
	for name, value := range map[string]any{"typ": "dpop+jwt", "jwk": key} {
		if err := headers.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := jws.Sign(payload, jws.WithKey(jwa.RS256, private, jws.WithProtectedHeaders(headers)))
	if err != nil {
		t.Fatal(err)
	}
	got := askToken(org, goodAssertion(org, "1").sign(t, org), "okta.users.read", string(signed))
	if got.status != 200 || got.object(t)["token_type"] != "DPoP" {
		t.Errorf("an RS256 proof: %d %s, want a DPoP token", got.status, got.body)
	}
}

func TestNoncesAreRenewedDailyAndLastThreeDays(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Now: c.now})
	p := newProver(t)
	first := nonceOf(t, org)
	works := func(nonce string) bool {
		a := goodAssertion(org, rand.Text())
		a.iat, a.exp = c.at, c.at.Add(time.Minute)
		got := askToken(org, a.sign(t, org), "okta.users.read", p.proof(t, "POST", "/oauth2/v1/token", doc{"nonce": nonce, "iat": c.at.Unix()}))
		if got.status != 200 && got.object(t)["error"] != "use_dpop_nonce" {
			t.Fatalf("nonce %s: %d %s", nonce, got.status, got.body)
		}
		return got.status == 200
	}
	c.advance(24*time.Hour - time.Second)
	if nonceOf(t, org) != first {
		t.Error("the nonce is renewed within a day")
	}
	c.advance(time.Second)
	second := nonceOf(t, org)
	if second == first || !works(first) || !works(second) {
		t.Errorf("after a day: told %s after %s; old works %v, new works %v; want another, and both to work", second, first, works(first), works(second))
	}
	c.advance(48 * time.Hour)
	if works(first) || !works(second) {
		t.Errorf("after three days: the first works %v, the second %v; want only the second", works(first), works(second))
	}
	org.RotateNonce()
	if third := nonceOf(t, org); works(second) || !works(third) {
		t.Error("after a rotation only the nonce told since must work")
	}
}

func TestBoundTokensOnAPICalls(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	p, other := newProver(t), newProver(t)
	token := boundToken(t, org, p, "okta.users.read")
	const target = "/api/v1/users"
	bound := doc{"ath": athOf(token)}
	if got := call(org, "DPoP", token, "GET", target+"?limit=1", p.proof(t, "GET", target, bound)); got.status != 200 || got.header.Get("DPoP-Nonce") != "" {
		t.Fatalf("a good proof: %d %s, nonce %q", got.status, got.body, got.header.Get("DPoP-Nonce"))
	}
	used := p.proof(t, "GET", target, bound)
	call(org, "DPoP", token, "GET", target, used)
	for what, c := range map[string]struct{ proof, says string }{
		"no proof":         {"", "The DPoP proof JWT header is missing."},
		"used again":       {used, "The DPoP proof JWT has already been used."},
		"no ath":           {p.proof(t, "GET", target, nil), "'ath' claim in the DPoP proof does not match the presented access_token."},
		"another's ath":    {p.proof(t, "GET", target, doc{"ath": athOf("x")}), "'ath' claim"},
		"htu with a query": {p.proof(t, "GET", target+"?limit=1", bound), "'htu' claim in the DPoP proof JWT is invalid."},
		"another method":   {p.proof(t, "POST", target, bound), "'htm' claim"},
		"another key":      {other.proof(t, "GET", target, bound), "key"},
	} {
		refusedProof(t, what, call(org, "DPoP", token, "GET", target+"?limit=1", c.proof), "invalid_dpop_proof", c.says)
	}
	for what, got := range map[string]reply{
		"a bound token as Bearer": call(org, "Bearer", token, "GET", target, p.proof(t, "GET", target, bound)),
		"a bearer token as DPoP":  call(org, "DPoP", signIn(t, org, "okta.users.read"), "GET", target, p.proof(t, "GET", target, bound)),
		"no token as DPoP":        call(org, "DPoP", "x", "GET", target, p.proof(t, "GET", target, bound)),
	} {
		challenge := got.header.Get("WWW-Authenticate")
		if got.status != 401 || got.code() != "E0000011" || !strings.HasPrefix(challenge, "DPoP ") || !strings.Contains(challenge, `error="invalid_token"`) {
			t.Errorf("%s: %d %s, challenge %s; want 401 E0000011 and DPoP invalid_token", what, got.status, got.body, challenge)
		}
	}
	got := call(org, "DPoP", token, "GET", "/api/v1/groups", p.proof(t, "GET", "/api/v1/groups", bound))
	if got.status != 403 || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "DPoP ") {
		t.Errorf("without the scope: %d, challenge %s", got.status, got.header.Get("WWW-Authenticate"))
	}
}

// Okta compares htu with the path it has decoded, whatever the address looked like.
func TestProofsNameTheDecodedPath(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	p := newProver(t)
	token := boundToken(t, org, p, "okta.users.read")
	login := org.Cast().Employee.Login
	plain, escaped := "/api/v1/users/"+login, "/api/v1/users/"+strings.Replace(login, "@", "%40", 1)
	for _, target := range []string{plain, escaped} {
		if got := call(org, "DPoP", token, "GET", target, p.proof(t, "GET", plain, doc{"ath": athOf(token)})); got.status != 200 {
			t.Errorf("GET %s with htu %s: %d %s", target, plain, got.status, got.header.Get("WWW-Authenticate"))
		}
		refusedProof(t, target+" with %40 in htu", call(org, "DPoP", token, "GET", target, p.proof(t, "GET", escaped, doc{"ath": athOf(token)})), "invalid_dpop_proof", "'htu'")
	}
}

func TestAPICallsCanDemandANonce(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	p := newProver(t)
	token := boundToken(t, org, p, "okta.users.read")
	org.RequireAPINonce(true)
	const target = "/api/v1/users"
	got := call(org, "DPoP", token, "GET", target, p.proof(t, "GET", target, doc{"ath": athOf(token)}))
	refusedProof(t, "no nonce", got, "use_dpop_nonce", "Resource server requires nonce in DPoP proof")
	nonce := got.header.Get("DPoP-Nonce")
	got = call(org, "DPoP", token, "GET", target, p.proof(t, "GET", target, doc{"ath": athOf(token), "nonce": nonce}))
	if got.status != 200 || got.header.Get("DPoP-Nonce") != nonce {
		t.Errorf("with the nonce: %d %s, nonce told %q", got.status, got.header.Get("WWW-Authenticate"), got.header.Get("DPoP-Nonce"))
	}
	org.RotateNonce()
	refusedProof(t, "old nonce", call(org, "DPoP", token, "GET", target, p.proof(t, "GET", target, doc{"ath": athOf(token), "nonce": nonce})), "use_dpop_nonce", "nonce")
}

// A client that repeats a request after a 429 needs a new proof.
func TestACallTooManySpendsItsProof(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Now: c.now, RateLimits: demoorg.Free})
	p := newProver(t)
	token := boundToken(t, org, p, "okta.logs.read")
	const target = "/api/v1/logs"
	for range 10 {
		call(org, "DPoP", token, "GET", target, p.proof(t, "GET", target, doc{"ath": athOf(token)}))
	}
	proof := p.proof(t, "GET", target, doc{"ath": athOf(token)})
	if got := call(org, "DPoP", token, "GET", target, proof); got.status != http.StatusTooManyRequests {
		t.Fatalf("the 11th call in a minute: %d, want 429", got.status)
	}
	c.advance(time.Minute)
	refusedProof(t, "the same proof a minute later", call(org, "DPoP", token, "GET", target, proof), "invalid_dpop_proof", "already been used")
}

// FuzzProof sends anything as a proof: it is refused in Okta's words, and
// nothing breaks.
func FuzzProof(f *testing.F) {
	org := newOrg(f, demoorg.Options{Size: demoorg.MinSize, RateLimits: demoorg.Unlimited})
	p := newProver(f)
	good := p.proof(f, "POST", "/oauth2/v1/token", nil)
	f.Add(good)
	f.Add(good[:len(good)/2])
	for _, header := range []string{
		``, `{}`, `[]`, `{"alg":"none","typ":"dpop+jwt"}`, `{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}`,
		`{"typ":"dpop+jwt","alg":"RS256","jwk":{"kty":"RSA","n":"","e":""}}`, `{"typ":"dpop+jwt","alg":"ES256","jwk":null,"crit":["b64"],"b64":false}`,
	} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(header)) + ".e30.AAAA")
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := postForm(org, map[string][]string{
			"grant_type": {"refresh_token"}, "client_id": {org.Credentials().NativeClientID}, "refresh_token": {"x"},
		}, text)
		if code := got.object(t)["error"]; got.status != 400 || code != "invalid_dpop_proof" && code != "use_dpop_nonce" {
			t.Errorf("proof %q: %d %s", text, got.status, got.body)
		}
	})
}
