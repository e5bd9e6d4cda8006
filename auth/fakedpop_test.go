package auth_test

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// fakeDPoP is what the fake demands of proofs and remembers of them. Set fields
// before use.
type fakeDPoP struct {
	requireDPoP bool
	ignoreDPoP  bool            // gives tokens that are not bound, proof or not
	nonces      map[bool]string // by whether it is the token endpoint; "" wants none

	proofs []proof           // that were taken, in order
	bound  map[string]string // access token to the thumbprint it is bound to, "" for none
}

type proof struct {
	header, claims map[string]any
	thumbprint     string
}

// setNonce changes the nonce that one of the servers wants.
func (f *fakeOkta) setNonce(tokenEndpoint bool, nonce string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.nonces == nil {
		f.nonces = map[bool]string{}
	}
	f.nonces[tokenEndpoint] = nonce
}

func (f *fakeOkta) seenProofs() []proof {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]proof(nil), f.proofs...)
}

// checkTokenProof answers the thumbprint to bind a token to; empty where no proof
// came, or none is looked at.
func (f *fakeOkta) checkTokenProof(r *http.Request) (jkt, code, description string) {
	if r.Header.Get("DPoP") == "" {
		if f.requireDPoP {
			return "", "invalid_dpop_proof", "The DPoP proof JWT header is missing."
		}
		return "", "", ""
	}
	if f.ignoreDPoP {
		return "", "", ""
	}
	return f.checkProof(r, "")
}

// checkProof does what RFC 9449 section 4.3 asks of a server.
func (f *fakeOkta) checkProof(r *http.Request, accessToken string) (jkt, code, description string) {
	const bad = "invalid_dpop_proof"
	compact := r.Header.Get("DPoP")
	p := proof{header: peek(compact, 0), claims: peek(compact, 1)}
	message, err := jws.ParseString(compact)
	if err != nil || len(r.Header.Values("DPoP")) != 1 {
		return "", bad, "The DPoP proof JWT is malformed."
	}
	protected := message.Signatures()[0].ProtectedHeaders()
	key := protected.JWK()
	embedded, _ := p.header["jwk"].(map[string]any)
	if p.header["typ"] != "dpop+jwt" || protected.Algorithm() != jwa.ES256 || key == nil || embedded["d"] != nil {
		return "", bad, "The DPoP proof JWT header is invalid."
	}
	if _, err := jws.Verify([]byte(compact), jws.WithKey(jwa.ES256, key)); err != nil {
		return "", bad, "The DPoP proof JWT signature is invalid."
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", bad, "The DPoP proof JWT header is invalid."
	}
	p.thumbprint = base64.RawURLEncoding.EncodeToString(sum)
	return f.checkClaims(r, p, accessToken)
}

func (f *fakeOkta) checkClaims(r *http.Request, p proof, accessToken string) (jkt, code, description string) {
	scheme, host, _ := strings.Cut(strings.TrimSuffix(f.tokenURL, "/oauth2/v1/token"), "://")
	iat, _ := p.claims["iat"].(float64)
	jti, _ := p.claims["jti"].(string)
	hash := ""
	if accessToken != "" {
		sum := sha256.Sum256([]byte(accessToken))
		hash = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	ath, _ := p.claims["ath"].(string)
	nonce, _ := p.claims["nonce"].(string)
	f.mu.Lock()
	defer f.mu.Unlock()
	wanted := f.nonces[r.URL.Path == "/oauth2/v1/token"]
	name := "proof " + jti
	invalid := func(claim string) (string, string, string) {
		return "", "invalid_dpop_proof", fmt.Sprintf("'%s' claim in the DPoP proof JWT is invalid.", claim)
	}
	switch {
	case wanted != "" && nonce != wanted:
		return "", "use_dpop_nonce", "Authorization server requires nonce in DPoP proof."
	case p.claims["htm"] != r.Method:
		return invalid("htm")
	case p.claims["htu"] != scheme+"://"+host+r.URL.Path:
		return invalid("htu")
	case iat > float64(f.now().Unix()+60) || iat < float64(f.now().Unix()-60):
		return invalid("iat")
	case len(jti) < 16 || f.used[name]:
		return invalid("jti")
	case ath != hash:
		return invalid("ath")
	}
	f.used[name] = true
	f.proofs = append(f.proofs, p)
	return p.thumbprint, "", ""
}

// serveAPI answers 200 to a token of ours, presented as it is bound.
func (f *fakeOkta) serveAPI(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	f.mu.Lock()
	jkt, known := f.bound[token]
	f.mu.Unlock()
	code, description := "", ""
	switch {
	case !known, (jkt != "") != (scheme == "DPoP"):
		code, description = "invalid_token", "The access token is invalid."
	case jkt != "":
		var got string
		if got, code, description = f.checkProof(r, token); code == "" && got != jkt {
			code, description = "invalid_token", "The access token is bound to another key."
		}
	case r.Header.Get("DPoP") != "":
		code, description = "invalid_token", "A proof came with a token that is not bound."
	}
	if code == "" {
		answer(w, http.StatusOK, []any{})
		return
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`DPoP algs="RS256 ES256", authorization_uri="http://acme.okta.test/oauth2/v1/authorize", realm="http://acme.okta.test", error="%s", error_description="%s", resource="/api/v1/users"`, code, description))
	if code == "invalid_token" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.WriteHeader(http.StatusBadRequest) // as Okta's API does, against the RFC
}
