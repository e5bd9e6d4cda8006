package inbound

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

const (
	keysOld    = time.Hour   // read again, so that a key that was withdrawn goes
	keysApart  = time.Minute // at most one read in that time, whatever strangers send
	minRSABits = 2048        // RFC 7518 section 3.3
)

// publicKey is one an issuer publishes for signatures.
type publicKey struct {
	id        string
	fit       fit
	algorithm string // the only one, where the issuer says so
	raw       any    // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
}

// keySource is where keys are read.
type keySource struct {
	reader
	address string
}

// keySet holds the keys read last.
type keySet struct {
	source keySource
	now    func() time.Time
	log    *slog.Logger

	mu     sync.Mutex
	keys   []publicKey
	read   time.Time     // when keys were read
	tried  time.Time     // when a read began last
	flight chan struct{} // closed at the end of the read under way; nil without one
}

// openKeySet reads the keys for the first time, and fails where there are none.
func openKeySet(ctx context.Context, source keySource, now func() time.Time, log *slog.Logger) (*keySet, error) {
	keys, err := source.fetch(ctx)
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("GET %s: answered no key that signs", source.address)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the issuer's keys: %w", err)
	}
	at := now()
	return &keySet{source: source, now: now, log: log, keys: keys, read: at, tried: at}, nil
}

// find answers the key of an id that fits an algorithm. An id that is not known
// waits for the keys to be read again, where that may be done now; keys that are
// old are read again meanwhile.
func (s *keySet) find(ctx context.Context, id, algorithm string) (raw any, known bool) {
	raw, known, flight := s.look(id, algorithm)
	if known || flight == nil {
		return raw, known
	}
	select {
	case <-flight:
	case <-ctx.Done():
	}
	raw, known, _ = s.look(id, algorithm)
	return raw, known
}

// look answers what is known now, and the read to wait for where the id is not.
func (s *keySet) look(id, algorithm string) (raw any, known bool, flight <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	named := slices.ContainsFunc(s.keys, func(k publicKey) bool { return k.id == id })
	now := s.now()
	if !named || now.Sub(s.read).Abs() >= keysOld {
		s.refresh(now)
	}
	if !named {
		return nil, false, s.flight
	}
	wanted, _ := fitOf(algorithm)
	for _, key := range s.keys {
		if key.id == id && key.fit == wanted && (key.algorithm == "" || key.algorithm == algorithm) {
			return key.raw, true, nil
		}
	}
	return nil, false, nil
}

// refresh begins to read the keys, unless that was done a moment ago. The read
// belongs to no request: all wait for the same, and one that goes away must not
// end it.
func (s *keySet) refresh(now time.Time) {
	if s.flight != nil || now.Sub(s.tried).Abs() < keysApart {
		return
	}
	done := make(chan struct{})
	s.flight, s.tried = done, now
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		keys, err := s.source.fetch(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.flight = nil
		if err != nil {
			s.log.Warn("the issuer's keys could not be read; those read before serve on", "error", err)
			return
		}
		s.keys, s.read = keys, now
		s.log.Info("the issuer's keys were read", "address", s.source.address, "keys", len(keys))
	}()
}

// fetch reads the keys that may sign tokens. Others in the set are passed over:
// an issuer may publish kinds of keys that we do not know.
func (s keySource) fetch(ctx context.Context) ([]publicKey, error) {
	var set struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if err := s.read(ctx, s.address, &set); err != nil {
		return nil, err
	}
	if set.Keys == nil {
		return nil, fmt.Errorf("GET %s: answered no set of keys", s.address)
	}
	var all []publicKey
	for _, text := range *set.Keys {
		if key, err := parseKey(text); err == nil {
			all = append(all, key)
		}
	}
	return all, nil
}

var errUnfit = errors.New("not a public key that signs tokens")

func parseKey(text []byte) (publicKey, error) {
	parsed, err := jwk.ParseKey(text)
	if err != nil {
		return publicKey{}, err
	}
	if use := parsed.KeyUsage(); use != "" && use != "sig" || parsed.KeyID() == "" {
		return publicKey{}, errUnfit
	}
	if ops := parsed.KeyOps(); len(ops) > 0 && !slices.Contains(ops, jwk.KeyOpVerify) {
		return publicKey{}, errUnfit
	}
	found := publicKey{id: parsed.KeyID(), algorithm: parsed.Algorithm().String()}
	switch key := parsed.(type) {
	case jwk.RSAPublicKey:
		found.fit = fit{keyType: "RSA"}
	case jwk.ECDSAPublicKey:
		found.fit = fit{"EC", key.Crv().String()}
	case jwk.OKPPublicKey:
		found.fit = fit{"OKP", key.Crv().String()}
	default: // a secret one, or private ones, which whoever read them can sign with
		return publicKey{}, errUnfit
	}
	if err := errors.Join(parsed.Validate(), parsed.Raw(&found.raw)); err != nil {
		return publicKey{}, err
	}
	if key, is := found.raw.(*rsa.PublicKey); is && key.N.BitLen() < minRSABits {
		return publicKey{}, errUnfit
	}
	return found, nil
}
