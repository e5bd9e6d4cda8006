package demoorg

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

const (
	// proofLeeway is how far a proof's iat may be from the org's clock.
	proofLeeway = 5 * time.Minute
	// nonceEvery is how often the server makes a new nonce, and nonceLife how long
	// each is good. https://developer.okta.com/docs/guides/dpop/
	nonceEvery = 24 * time.Hour
	nonceLife  = 3 * 24 * time.Hour

	useNonce        = "use_dpop_nonce"
	proofMissing    = "The DPoP proof JWT header is missing."
	proofUnreadable = "DPoP proof JWT cannot be parsed."
	proofOfOtherKey = "The DPoP proof JWT is not signed by the key that the token is bound to."
)

// proof is a DPoP proof, RFC 9449 section 4.2, whose signature is good.
type proof struct {
	Method string  `json:"htm"`
	URI    string  `json:"htu"`
	Issued float64 `json:"iat"`
	ID     string  `json:"jti"`
	Nonce  string  `json:"nonce"`
	Hash   string  `json:"ath"`

	key string // thumbprint of the key that signed it, RFC 7638
}

// proofError says why a proof is refused.
type proofError struct{ code, description string }

func badProof(description string) *proofError {
	return &proofError{"invalid_dpop_proof", description}
}

// keyOf is the thumbprint of the key that a token request proves to hold, "" for
// one without a proof: an app that need not send proofs may.
func (t *tokenServer) keyOf(f *form, needed bool) (string, error) {
	if len(f.proofs) == 0 && !needed {
		return "", nil
	}
	p, err := t.checkProof(f.proofs, "POST", f.endpoint(), true, f.now)
	if err != nil {
		return "", badGrant(err.code, err.description)
	}
	return p.key, nil
}

// checkProof checks the DPoP headers of a request and spends the proof. The
// nonce comes before the jti: Okta's guide sends its first proof without one.
func (t *tokenServer) checkProof(headers []string, method, uri string, nonce bool, now time.Time) (*proof, *proofError) {
	p, err := parseProof(headers)
	if err != nil {
		return nil, err
	}
	issued := instant(p.Issued)
	switch {
	case p.Method != method:
		return nil, badProof("'htm' claim in the DPoP proof JWT is invalid.")
	case p.URI != uri:
		return nil, badProof("'htu' claim in the DPoP proof JWT is invalid.")
	case issued.Before(now.Add(-proofLeeway)):
		return nil, badProof("The DPoP proof JWT is issued more than five minutes in the past.")
	case issued.After(now.Add(proofLeeway)):
		return nil, badProof("The DPoP proof JWT is issued more than five minutes in the future.")
	case nonce && !t.nonces.good(p.Nonce, now):
		return nil, &proofError{useNonce, "Authorization server requires nonce in DPoP proof."}
	case p.ID == "":
		return nil, badProof("'jti' claim in the DPoP proof JWT is missing.")
	case !t.proofs.first(p.key+" "+p.ID, now):
		return nil, badProof("The DPoP proof JWT has already been used.")
	}
	return p, nil
}

// parseProof reads the one DPoP header of a request and checks its signature by
// the key it carries.
func parseProof(headers []string) (*proof, *proofError) {
	if len(headers) == 0 || headers[0] == "" {
		return nil, badProof(proofMissing)
	}
	message, err := jws.Parse([]byte(headers[0]), jws.WithCompact())
	if err != nil || len(headers) > 1 || len(message.Signatures()) != 1 {
		return nil, badProof(proofUnreadable)
	}
	header := message.Signatures()[0].ProtectedHeaders()
	if header.Type() != "dpop+jwt" {
		return nil, badProof("'typ' header in the DPoP proof JWT is invalid.")
	}
	key := header.JWK()
	if key == nil || !isPublic(key) {
		return nil, badProof("'jwk' header in the DPoP proof JWT is invalid.")
	}
	if !canSign(key, header.Algorithm()) {
		return nil, badProof("'alg' header in the DPoP proof JWT is invalid.")
	}
	payload, err := jws.Verify([]byte(headers[0]), jws.WithKey(header.Algorithm(), key), jws.WithCompact())
	if err != nil {
		return nil, badProof("The DPoP proof JWT signature is invalid.")
	}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	p := &proof{key: base64.RawURLEncoding.EncodeToString(thumbprint)}
	if err != nil || json.Unmarshal(payload, p) != nil {
		return nil, badProof(proofUnreadable)
	}
	return p, nil
}

// isPublic says whether a key is the public half of a pair.
func isPublic(key jwk.Key) bool {
	private, err := jwk.IsPrivateKey(key)
	return err == nil && !private && key.KeyType() != jwa.OctetSeq && key.Validate() == nil
}

// hashOf is the ath of RFC 9449 section 4.2.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// nonces are the nonces that are good, newest last.
type nonces []nonce

type nonce struct {
	value string
	made  time.Time
}

// current is the nonce that answers tell, made anew once a day.
func (n *nonces) current(now time.Time) string {
	if len(*n) == 0 || now.Sub((*n)[len(*n)-1].made) >= nonceEvery {
		*n = append(*n, nonce{rand.Text(), now})
	}
	return (*n)[len(*n)-1].value
}

func (n *nonces) good(value string, now time.Time) bool {
	for _, known := range *n {
		if value == known.value && now.Sub(known.made) < nonceLife {
			return true
		}
	}
	return false
}

// replays remembers ids for at least the time in which a proof is good. It
// forgets them by the generation, not one by one: every API call adds one.
type replays struct {
	turned     time.Time
	young, old map[string]bool
}

// first says whether an id is new, and remembers it.
func (s *replays) first(id string, now time.Time) bool {
	if s.young == nil || now.Sub(s.turned) > 2*proofLeeway {
		s.young, s.old, s.turned = map[string]bool{}, s.young, now
	}
	if s.young[id] || s.old[id] {
		return false
	}
	s.young[id] = true
	return true
}
