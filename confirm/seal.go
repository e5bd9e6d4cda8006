package confirm

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// binding is what a seal ties an answer to. Two calls with equal bindings are
// the same call, on the same target in the same state, asked with the same words.
type binding struct {
	Caller string `json:"caller"`
	Org    string `json:"org"`
	Client string `json:"client"`
	Tool   string `json:"tool"`
	Args   string `json:"args"`  // hash of the canonical arguments
	State  string `json:"state"` // hash of the target's state
	Text   string `json:"text"`  // hash of the question shown
}

type claims struct {
	binding
	Nonce   string    `json:"nonce"`
	Expires time.Time `json:"expires"`
}

// sealer makes and opens seals. Its key lives and dies with the process, and it
// remembers the nonces of open seals, so each is good once.
type sealer struct {
	key [32]byte
	now func() time.Time

	mu   sync.Mutex
	open map[string]claims // by nonce
}

var (
	errSealForged  = errors.New("the confirmation token is not one this server made")
	errSealUsed    = errors.New("this confirmation was used already")
	errSealExpired = errors.New("nobody answered in time")
)

func newSealer(now func() time.Time) *sealer {
	s := &sealer{now: now, open: map[string]claims{}}
	rand.Read(s.key[:]) // crypto/rand.Read never fails: it ends the program instead
	return s
}

// seal returns a token for b that is good once, until the given instant.
func (s *sealer) seal(b binding, expires time.Time) (string, error) {
	c := claims{binding: b, Nonce: rand.Text(), Expires: expires.UTC().Round(0)}
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("sealing the question: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c.Nonce] = c
	encoded := base64.RawURLEncoding.EncodeToString(body)
	return encoded + "." + s.mac(encoded), nil
}

// redeem takes the seal out of use and returns what it was made for.
func (s *sealer) redeem(token string) (claims, error) {
	encoded, mac, ok := strings.Cut(token, ".")
	if !ok || !hmac.Equal([]byte(mac), []byte(s.mac(encoded))) {
		return claims{}, errSealForged
	}
	body, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return claims{}, errSealForged
	}
	var c claims
	if err := json.Unmarshal(body, &c); err != nil {
		return claims{}, errSealForged
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.open[c.Nonce]; !open {
		return claims{}, errSealUsed
	}
	delete(s.open, c.Nonce)
	if s.now().After(c.Expires) {
		return c, errSealExpired
	}
	return c, nil
}

// countOpen returns how many seals await an answer; expired ones are let go
// only after a further hour, so that a late answer is told from a forged one.
func (s *sealer) countOpen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, now := 0, s.now()
	for nonce, c := range s.open {
		switch {
		case now.Before(c.Expires):
			n++
		case now.After(c.Expires.Add(time.Hour)):
			delete(s.open, nonce)
		}
	}
	return n
}

func (s *sealer) mac(encoded string) string {
	h := hmac.New(sha256.New, s.key[:])
	h.Write([]byte(encoded))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// hash returns a digest of any value that JSON can carry.
func hash(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("hashing %T: %w", v, err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}
