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
	caller, org, client, tool string

	args  string // hash of the canonical arguments
	state string // hash of the targets and their state
	text  string // hash of the question shown
}

// sealed is what one seal was made for. It never leaves the process: the client
// holds a token that names it.
type sealed struct {
	binding
	refusals []refusalKey // what a no to the question stands for
	asker    string       // the name of the one that was to ask first
	asked    time.Time
	expires  time.Time
}

// sealer makes and opens seals. Its key lives and dies with the process, and it
// remembers the open seals, so each is good once.
type sealer struct {
	key [32]byte
	now func() time.Time

	mu   sync.Mutex
	open map[string]sealed // by nonce
}

var (
	errSealForged  = errors.New("the confirmation token is not one this server made")
	errSealUsed    = errors.New("this confirmation was used already")
	errSealExpired = errors.New("nobody answered in time")
)

func newSealer(now func() time.Time) *sealer {
	s := &sealer{now: now, open: map[string]sealed{}}
	rand.Read(s.key[:]) // crypto/rand.Read never fails: it ends the program instead
	return s
}

// seal returns a token for c that is good once, until it expires.
func (s *sealer) seal(c sealed) string {
	nonce := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[nonce] = c
	return nonce + "." + s.mac(nonce)
}

// redeem takes the seal out of use and returns what it was made for, also with
// errSealExpired.
func (s *sealer) redeem(token string) (sealed, error) {
	nonce, mac, ok := strings.Cut(token, ".")
	if !ok || !hmac.Equal([]byte(mac), []byte(s.mac(nonce))) {
		return sealed{}, errSealForged
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, open := s.open[nonce]
	if !open {
		return sealed{}, errSealUsed
	}
	delete(s.open, nonce)
	if past(s.now(), c.expires) {
		return c, errSealExpired
	}
	return c, nil
}

// countOpen returns how many seals await an answer, the caller's own and all;
// expired ones are let go only after a further hour, so that a late answer is told
// from a used one.
func (s *sealer) countOpen(caller string) (own, all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for nonce, c := range s.open {
		switch {
		case !past(now, c.expires):
			all++
			if c.caller == caller {
				own++
			}
		case past(now, c.expires.Add(time.Hour)):
			delete(s.open, nonce)
		}
	}
	return own, all
}

// past reports whether t is reached by the monotonic clock or by the wall clock:
// the first stands still while a machine sleeps, the second can be set back.
func past(now, t time.Time) bool {
	return !now.Before(t) || !now.Round(0).Before(t.Round(0))
}

func (s *sealer) mac(nonce string) string {
	h := hmac.New(sha256.New, s.key[:])
	h.Write([]byte(nonce))
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
