package inbound

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
)

const (
	minTokenLength = 32 // 128 bits even in hexadecimal
	maxTokenLength = 1024
)

var tokenName = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

// Tokens knows callers by tokens that the operator handed out. Make one with
// [OpenTokenFile] or [SingleToken].
type Tokens struct {
	entries func() ([]entry, error)
	deny    challenger
}

// entry is a token by its digest, so that no memory or printer holds the token,
// and so that comparing takes the same time whatever the length.
type entry struct {
	name   string
	digest [sha256.Size]byte
}

func newTokens(entries func() ([]entry, error)) *Tokens {
	return &Tokens{entries, newChallenger("realm", "okta-mcp")}
}

// RandomToken makes a token of 256 bits, in 43 characters.
func RandomToken() string {
	var bits [32]byte
	rand.Read(bits[:]) // never fails: it ends the process instead
	return base64.RawURLEncoding.EncodeToString(bits[:])
}

// SingleToken accepts one token, for a server on loopback that was told of none.
func SingleToken(name, token string) (*Tokens, error) {
	one, err := newEntry(name, token)
	if err != nil {
		return nil, fmt.Errorf("setting up the only token: %w", err)
	}
	all := []entry{one}
	return newTokens(func() ([]entry, error) { return all, nil }), nil
}

// newEntry checks a name and a token. Its errors repeat neither: the two may be
// the wrong way round.
func newEntry(name, token string) (entry, error) {
	switch {
	case !tokenName.MatchString(name):
		return entry{}, errors.New("the name is not made of 1 to 64 of a-z, 0-9, _ and -")
	case len(token) < minTokenLength:
		return entry{}, fmt.Errorf("the token is shorter than %d characters: make one with: openssl rand -hex 32", minTokenLength)
	case len(token) > maxTokenLength:
		return entry{}, fmt.Errorf("the token is longer than %d characters: make one with: openssl rand -hex 32", maxTokenLength)
	case !bearerToken.MatchString(token):
		return entry{}, errors.New("the token holds what a header cannot carry: make one with: openssl rand -hex 32")
	}
	return entry{name, sha256.Sum256([]byte(token))}, nil
}

// Authenticate answers the caller whose token a request carries.
func (t *Tokens) Authenticate(r *http.Request) (Caller, error) {
	token, denied := t.deny.bearer(r)
	if denied != nil {
		return Caller{}, denied
	}
	entries, err := t.entries()
	if err != nil {
		return Caller{}, t.deny.missing("nobody is let in for now: the server's token file cannot be used, and its log says why")
	}
	name, known := find(entries, token)
	if !known {
		return Caller{}, t.deny.invalid("the token is not one of this server's")
	}
	return Caller{ID: "token:" + name, Name: name, Token: name}, nil
}

// find compares with every entry and branches on none, so that the time it takes
// tells nothing about which one matches, or how far.
func find(entries []entry, token string) (name string, known bool) {
	digest := sha256.Sum256([]byte(token))
	at, hit := 0, 0
	for i := range entries {
		same := subtle.ConstantTimeCompare(entries[i].digest[:], digest[:])
		at = subtle.ConstantTimeSelect(same, i, at)
		hit |= same
	}
	if hit == 0 {
		return "", false
	}
	return entries[at].name, true
}
