package inbound_test

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"okta-mcp/auth/inbound"
)

func TestATokenOfTheIssuerSaysWhoCalls(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t, func(c *inbound.OAuthConfig) { c.Groups = []string{"Operators", "Owners"} })
	got := accepted(t, o, i.token(t, object{"scope": "profile openid", "groups": []string{"b", "Operators"}}))
	want := inbound.Caller{
		ID: "oauth:" + i.name + " " + subject, Name: subject,
		Scopes: []string{"okta.mcp", "openid", "profile"}, Groups: []string{"Operators", "b"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTokensMayBeSignedInAllAllowedWays(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	p256, p384 := newEC(elliptic.P256()), newEC(elliptic.P384())
	public, ed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	i.keys = append(i.keys, published(t, "ec", p256.Public()), published(t, "p384", p384.Public()), published(t, "ed", public),
		published(t, "shared", rsaKey().Public()), published(t, "shared", p256.Public()),
		published(t, "ps only", rsaKey().Public()).with(object{"alg": "PS256"}))
	byDefault := i.open(t)
	widened := i.open(t, func(c *inbound.OAuthConfig) { c.Algorithms = []string{"EdDSA"} })
	for _, c := range []struct {
		algorithm, id string
		key           any
		by            inbound.Authenticator
		refusal       string
	}{
		{"RS256", "rsa", rsaKey(), byDefault, ""},
		{"PS256", "rsa", rsaKey(), byDefault, ""},
		{"ES256", "ec", p256, byDefault, ""},
		{"RS256", "shared", rsaKey(), byDefault, ""},
		{"ES256", "shared", p256, byDefault, ""},
		{"PS256", "ps only", rsaKey(), byDefault, ""},
		{"EdDSA", "ed", ed, widened, ""},
		{"RS256", "ps only", rsaKey(), byDefault, "does not publish"},
		{"ES256", "p384", p384, byDefault, "does not publish"},
		{"ES256", "rsa", p256, byDefault, "does not publish"},
		{"RS256", "ec", rsaKey(), byDefault, "does not publish"},
		{"EdDSA", "ed", ed, byDefault, "not signed with one of RS256, ES256, PS256"},
		{"RS256", "rsa", rsaKey(), widened, "not signed with one of EdDSA"},
		{"RS384", "rsa", rsaKey(), byDefault, "not signed with one of"},
		{"RS256", "rsa", otherRSA(), byDefault, "signature"},
		{"ES256", "ec", newEC(elliptic.P256()), byDefault, "signature"},
	} {
		token := sign(t, object{"alg": c.algorithm, "kid": c.id}, i.claims(nil), c.key)
		if c.refusal != "" {
			refusedToken(t, c.by, token, c.refusal)
		} else if _, err := authenticate(c.by, token); err != nil {
			t.Errorf("%s with the key %s: %v", c.algorithm, c.id, err)
		}
	}
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t)
	claims := i.claims(nil)
	der, err := x509.MarshalPKIXPublicKey(rsaKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	good := i.token(t, nil)
	part := strings.Split(good, ".")
	head := object{"alg": "RS256", "kid": "rsa"}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"rsa"}`))
	for name, token := range map[string]string{
		"alg none":                    sign(t, object{"alg": "none", "kid": "rsa"}, claims, nil),
		"alg none with a signature":   unsigned + "." + part[1] + "." + part[2],
		"alg nOnE":                    sign(t, object{"alg": "nOnE", "kid": "rsa"}, claims, rsaKey()),
		"no alg":                      sign(t, object{"kid": "rsa"}, claims, rsaKey()),
		"two algs, the last none":     signRaw(t, []byte(`{"alg":"RS256","kid":"rsa","alg":"none"}`), payload, nil) + "AA",
		"ALG beside none":             signRaw(t, []byte(`{"alg":"none","ALG":"RS256","kid":"rsa"}`), payload, nil) + "AA",
		"HS256 with the public PEM":   sign(t, object{"alg": "HS256", "kid": "rsa"}, claims, text),
		"HS256 with the public DER":   sign(t, object{"alg": "HS256", "kid": "rsa"}, claims, der),
		"HS256 with the modulus":      sign(t, object{"alg": "HS256", "kid": "rsa"}, claims, rsaKey().N.Bytes()),
		"HS256 with nothing":          sign(t, object{"alg": "HS256", "kid": "rsa"}, claims, []byte{}),
		"another's key, ours by jwk":  sign(t, head.with(object{"jwk": published(t, "rsa", otherRSA().Public())}), claims, otherRSA()),
		"another's key, ours by jku":  sign(t, head.with(object{"jku": i.URL + path + "/v1/evil"}), claims, otherRSA()),
		"another's key, ours by x5u":  sign(t, head.with(object{"x5u": i.URL + path + "/v1/evil"}), claims, otherRSA()),
		"no kid":                      sign(t, object{"alg": "RS256"}, claims, rsaKey()),
		"unknown kid":                 sign(t, head.with(object{"kid": "evil"}), claims, otherRSA()),
		"changed claims":              part[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), "alice", "admin", 1))) + "." + part[2],
		"crit":                        sign(t, head.with(object{"crit": []string{"exp"}}), claims, rsaKey()),
		"empty crit":                  sign(t, head.with(object{"crit": []string{}}), claims, rsaKey()),
		"b64":                         sign(t, head.with(object{"b64": false}), claims, rsaKey()),
		"an ID token's type":          sign(t, head.with(object{"typ": "id+jwt"}), claims, rsaKey()),
		"a DPoP proof":                sign(t, head.with(object{"typ": "dpop+jwt"}), claims, rsaKey()),
		"a type that is no text":      sign(t, head.with(object{"typ": 1}), claims, rsaKey()),
		"five parts":                  good + "." + part[1] + "." + part[2],
		"two parts":                   part[0] + "." + part[1],
		"no signature":                part[0] + "." + part[1] + ".",
		"no claims":                   part[0] + ".." + part[2],
		"standard base64":             strings.Replace(good, ".", "+.", 1),
		"padded":                      good + "==",
		"not a JWT":                   "00aQb3xexampleoftheopaquekind",
		"a header that is no object":  signRaw(t, []byte(`[]`), payload, rsaKey()),
		"a header that is null":       signRaw(t, []byte(`null`), payload, rsaKey()),
		"claims that are no object":   signRaw(t, []byte(`{"alg":"RS256","kid":"rsa"}`), []byte(`"x"`), rsaKey()),
		"claims that are null":        signRaw(t, []byte(`{"alg":"RS256","kid":"rsa"}`), []byte(`null`), rsaKey()),
		"claims that are not UTF-8":   signRaw(t, []byte(`{"alg":"RS256","kid":"rsa"}`), []byte(strings.Replace(string(payload), "alice", "ali\xff", 1)), rsaKey()),
		"over 16 KiB":                 i.token(t, object{"pad": strings.Repeat("x", 16<<10)}),
		"a nested JWT of many braces": signRaw(t, []byte(strings.Repeat("[", 8000)), payload, rsaKey()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusedToken(t, o, token, "")
		})
	}
	t.Cleanup(func() {
		if i.keysRead() > 1 { // all are done, and the clock stood still
			t.Errorf("forgeries made us read the keys %d times", i.keysRead()-1)
		}
	})
	accepted(t, o, good)
}

func TestTypesOfAccessTokens(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t)
	for _, kind := range []string{"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"} {
		accepted(t, o, sign(t, object{"alg": "RS256", "kid": "rsa", "typ": kind}, i.claims(nil), rsaKey()))
	}
	refusedToken(t, o, sign(t, object{"alg": "RS256", "kid": "rsa", "typ": "application/okta-internal-at+jwt"}, i.claims(nil), rsaKey()),
		"use a custom authorization server")
}

func TestClaimsThatAreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t)
	at := i.clock.Now().Unix()
	for name, c := range map[string]struct {
		change object
		words  string
	}{
		"another issuer":              {object{"iss": "https://evil.example.com"}, "not of the issuer " + i.name},
		"issuer with a slash":         {object{"iss": i.name + "/"}, "not of the issuer"},
		"issuer in another case":      {object{"iss": strings.ToUpper(i.name)}, "not of the issuer"},
		"no issuer":                   {object{"iss": nil}, "not of the issuer"},
		"issuers":                     {object{"iss": []string{i.name}}, "claim iss"},
		"another audience":            {object{"aud": "api://default"}, "not for the audience " + audience},
		"audience with a slash":       {object{"aud": audience + "/"}, "not for the audience"},
		"a prefix of the audience":    {object{"aud": "https://mcp.example.com"}, "not for the audience"},
		"a longer audience":           {object{"aud": audience + ".evil.example.com"}, "not for the audience"},
		"no audience":                 {object{"aud": nil}, "not for the audience"},
		"empty audience":              {object{"aud": []string{}}, "not for the audience"},
		"audience with a null":        {object{"aud": []any{nil, audience}}, "claim aud"},
		"audience as an object":       {object{"aud": object{"x": audience}}, "claim aud"},
		"audience among numbers":      {object{"aud": []any{1, audience}}, "claim aud"},
		"no end":                      {object{"exp": nil}, "no end"},
		"an end that is text":         {object{"exp": fmt.Sprint(at + 60)}, "claim exp"},
		"an end that is null":         {object{"exp": json.RawMessage("null")}, "claim exp"},
		"ended":                       {object{"exp": at - 60}, "expired"},
		"ended long ago":              {object{"exp": -1e300}, "expired"},
		"not yet":                     {object{"nbf": at + 61}, "not valid yet (nbf)"},
		"not for ages":                {object{"nbf": 1e300}, "not valid yet (nbf)"},
		"made later":                  {object{"iat": at + 61}, "not valid yet (iat)"},
		"made at a text":              {object{"iat": "now"}, "claim iat"},
		"nobody":                      {object{"sub": nil}, "sub is empty"},
		"an empty somebody":           {object{"sub": ""}, "sub is empty"},
		"a number":                    {object{"sub": 7}, "claim sub"},
		"a line end in the subject":   {object{"sub": "alice\nadmin"}, "sub is empty"},
		"a broken escape":             {object{"sub": json.RawMessage(`"\ud800"`)}, "sub is empty"},
		"a subject that is no end":    {object{"sub": strings.Repeat("a", 513)}, "sub is empty"},
		"bound to a key":              {object{"cnf": object{"jkt": "x"}}, "bound to a key"},
		"scopes as a number":          {object{"scp": 1}, "claim scp"},
		"groups as an object":         {object{"groups": object{}}, "claim groups"},
		"scope as a list of a number": {object{"scope": []any{1}}, "claim scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusedToken(t, o, i.token(t, c.change), c.words)
		})
	}
}

func TestClaimsAtTheEdgeAreTaken(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t)
	at := i.clock.Now().Unix()
	for name, change := range map[string]object{
		"ended 59 seconds ago":      {"exp": at - 59},
		"ended less than a minute":  {"exp": float64(at) - 59.5},
		"begins in a minute":        {"nbf": at + 60},
		"made in a minute":          {"iat": at + 60},
		"no beginning":              {"nbf": nil, "iat": nil},
		"ends with the calendar":    {"exp": 1e300},
		"several audiences":         {"aud": []string{"https://other.example.com", audience}},
		"scopes as text":            {"scp": nil, "scope": "a okta.mcp b"},
		"scopes as Entra has them":  {"scp": "a okta.mcp"},
		"one group as text":         {"groups": "Operators"},
		"no groups":                 {"groups": nil},
		"a subject in another tong": {"sub": "žofie@příklad.cz"},
	} {
		if _, err := authenticate(o, i.token(t, change)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	strict := i.open(t, func(c *inbound.OAuthConfig) { c.Leeway = time.Second })
	refusedToken(t, strict, i.token(t, object{"exp": at - 1}), "expired")
	refusedToken(t, strict, i.token(t, object{"nbf": at + 2}), "not valid yet")
	token := i.token(t, nil)
	i.clock.Add(time.Hour + time.Minute - time.Second)
	accepted(t, o, token)
	i.clock.Add(time.Second)
	refusedToken(t, o, token, "expired")
}

func TestAPublicURLWithoutAPathMeansTheSameWithASlash(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	for _, ours := range []string{"https://mcp.example.com", "https://mcp.example.com/"} {
		o := i.open(t, func(c *inbound.OAuthConfig) { c.Audience = ours })
		accepted(t, o, i.token(t, object{"aud": "https://mcp.example.com"}))
		accepted(t, o, i.token(t, object{"aud": "https://mcp.example.com/"}))
		refusedToken(t, o, i.token(t, object{"aud": "https://mcp.example.com//"}), "audience")
		refusedToken(t, o, i.token(t, object{"aud": audience}), "audience")
	}
}

func TestATokenThatGrantsTooLittleIsToldWhatItLacks(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t, func(c *inbound.OAuthConfig) {
		c.Scopes, c.Groups, c.GroupsClaim = []string{"write", "okta.mcp", "admin"}, []string{"Zürich \"A\"\r\nX-Evil: 1", "Owners"}, "teams"
	})
	insufficient := func(change object, words, absent string) *inbound.Denied {
		t.Helper()
		denied := refused(t, o, request("Bearer "+i.token(t, change)), http.StatusForbidden, words)
		if !strings.Contains(denied.Challenge, `error="insufficient_scope"`) || !strings.Contains(denied.Challenge, `scope="admin okta.mcp write"`) {
			t.Errorf("the challenge is %s", denied.Challenge)
		}
		if absent != "" && strings.Contains(denied.Reason, absent) {
			t.Errorf("the reason names %q, which is not lacking: %s", absent, denied.Reason)
		}
		return denied
	}
	insufficient(nil, "lacks scopes: admin write", "okta.mcp")
	insufficient(object{"scp": nil}, "lacks scopes: admin okta.mcp write", "")
	insufficient(object{"scp": []string{"ADMIN", "okta.mcp.x", "wr", "ite"}}, "lacks scopes: admin okta.mcp write", "")
	all := []string{"admin", "okta.mcp", "write"}
	denied := insufficient(object{"scp": all, "groups": []string{"Owners"}}, "Owners", "")
	if want := `Z?rich 'A'??X-Evil: 1`; !strings.Contains(denied.Challenge, want) {
		t.Errorf("the challenge does not hold %q: %s", want, denied.Challenge)
	}
	insufficient(object{"scp": all, "teams": "owners"}, "in a group", "")
	accepted(t, o, i.token(t, object{"scp": all, "teams": []string{"x", "Owners"}}))
}

func TestChallengesLeadToTheMetadata(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t, func(c *inbound.OAuthConfig) { c.Scopes = []string{"b", "a"} })
	got := refused(t, o, request(), http.StatusUnauthorized, "no token").Challenge
	if want := `Bearer resource_metadata="` + metadataLink + `", scope="a b"`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = refusedToken(t, o, i.token(t, object{"exp": 1}), "").Challenge
	want := `Bearer resource_metadata="` + metadataLink + `", scope="a b", error="invalid_token", error_description="the token has expired"`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	free := i.open(t, func(c *inbound.OAuthConfig) { c.Scopes = nil })
	if got := refused(t, free, request(), http.StatusUnauthorized, "").Challenge; strings.Contains(got, "scope") {
		t.Errorf("no scope is required, and yet: %s", got)
	}
	accepted(t, free, i.token(t, object{"scp": nil}))
}

func TestNothingOfATokenIsToldOrLogged(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := i.open(t, func(c *inbound.OAuthConfig) { c.Groups = []string{"Owners"} })
	const secret = "s3cr3t-n33dl3"
	var tokens []string
	for _, name := range []string{"iss", "aud", "sub", "exp", "nbf", "iat", "scp", "scope", "groups", "cnf"} {
		for _, value := range []any{secret, []string{secret}, []any{secret, 1}, object{secret: secret}, secret + "\n"} {
			tokens = append(tokens, i.token(t, object{name: value}))
		}
	}
	for _, name := range []string{"alg", "kid", "typ", "crit", "jwk", "jku", "x5c"} {
		tokens = append(tokens,
			sign(t, object{"alg": "RS256", "kid": "rsa"}.with(object{name: secret}), i.claims(nil), rsaKey()),
			sign(t, object{"alg": "RS256", "kid": "rsa"}.with(object{name: []string{secret}}), i.claims(nil), rsaKey()))
	}
	refusals := 0
	for _, token := range append(tokens, secret, secret+"."+secret+"."+secret) {
		_, err := authenticate(o, token)
		if err == nil {
			continue // jku and the like are passed over, and some claims may be so
		}
		refusals++
		var denied *inbound.Denied
		if !errors.As(err, &denied) {
			t.Fatalf("the refusal is %T", err)
		}
		if said := fmt.Sprintf("%v %+v %s", err, err, denied.Challenge); strings.Contains(said, secret) || strings.Contains(said, token) {
			t.Errorf("a refusal tells of the token: %s", said)
		}
	}
	if refusals < 50 {
		t.Errorf("only %d refusals were looked at", refusals)
	}
	if log := i.log.String(); strings.Contains(log, secret) {
		t.Errorf("the log tells of the token: %s", log)
	}
}
