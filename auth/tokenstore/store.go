// Package tokenstore keeps the sign-in of a person between runs: the refresh
// token, whose it is, and what it was granted. It knows two places, the
// operating system's keyring and an encrypted file, and a third that ends with
// the process.
//
// It refuses to be a general secret store (one kind of entry, one for each org,
// client and method) and never writes plain text: where neither place can be
// used it says why, and keeps nothing.
package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNotFound is what Load answers where nothing is stored under the key.
var ErrNotFound = errors.New("nothing is stored")

// ErrUnreadable is what Load answers where what is stored under the key is not what
// this program can read. Signing in again replaces it.
var ErrUnreadable = errors.New("sign in again to replace it")

// Store keeps entries. It is safe for concurrent use, and what it keeps in a
// file or a keyring is shared with other processes.
//
// Who reads an entry to change it holds its Lock meanwhile: a refresh token that
// is rotated may be used once. Load, Save and Delete do not take that lock.
type Store interface {
	// Load answers the entry, or an error that wraps ErrNotFound.
	Load(ctx context.Context, key Key) (Entry, error)
	// Save puts the entry in the place of whatever is stored. When it returns
	// without an error, the entry survives the machine.
	Save(ctx context.Context, key Key, entry Entry) error
	// Delete forgets the entry; that there is none is no error.
	Delete(ctx context.Context, key Key) error
	// Lock waits until no other holder, here or in another process, has the key.
	Lock(ctx context.Context, key Key) (unlock func() error, err error)
	// String says where the entries are, for people.
	String() string
}

// Key names an entry. What was asked for or granted is no part of it: a person
// who signs in again for more replaces the entry.
type Key struct {
	Org      string // https://acme.okta.com
	ClientID string // 0oa…
	Method   string // device_code
}

// String is the key as stores name it: its parts, with a space between.
func (k Key) String() string { return k.Org + " " + k.ClientID + " " + k.Method }

func (k Key) check() error {
	for _, part := range []string{k.Org, k.ClientID, k.Method} {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("naming a stored sign-in by org, client and method: %q is not a name", part)
		}
	}
	return nil
}

// Entry is one person's sign-in. However it is printed, logged or encoded, its
// secrets are not shown.
type Entry struct {
	RefreshToken Secret
	ProofKey     Secret // PKCS #8 in base64: the key the refresh token is bound to (RFC 9449 section 5); empty for one that is not
	Subject      string // Okta's id of the person
	Asked        []string
	Granted      []string
	Saved        time.Time
}

// Secret is a text that shows itself only when asked to.
type Secret struct {
	reveal func() string // a closure, so that no printer that walks fields finds the text
}

// NewSecret wraps a text; the empty text makes the zero Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return text }}
}

// Reveal is the text.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero tells whether there is no text.
func (s Secret) IsZero() bool { return s.reveal == nil }

// Equal tells whether two secrets are the same text.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// Format says under every verb whether there is a secret, and never which.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.shown()) }

// MarshalText is what Format prints: a Secret cannot be saved by encoding it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown()), nil }

func (s Secret) shown() string {
	if s.IsZero() {
		return "none"
	}
	return "[not shown]"
}
