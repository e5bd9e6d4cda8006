package tokenstore

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	keyrings "github.com/zalando/go-keyring"
)

const (
	// service is the name under which keyrings list what is ours.
	service = "okta-mcp"

	// keyringPatience is how long a keyring may take: it may be asking a person to
	// unlock it.
	keyringPatience = time.Minute

	// maxPlain bounds what a value from a keyring may unpack to.
	maxPlain = 1 << 20
)

// keyring keeps entries in the operating system's keyring: Secret Service,
// Keychain or Credential Manager. Values are compressed, since Windows takes
// 2,560 bytes and macOS about 3,000, and the names of many scopes are longer.
type keyring struct{ locks string }

// OpenKeyring finds out whether this machine has a keyring that answers, and
// says why where it has none. Its lock files go to the directory locks, which is
// made where it is missing; empty means okta-mcp in the user's cache directory.
func OpenKeyring(ctx context.Context, locks string) (Store, error) {
	if locks == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("finding a directory for the keyring's locks: %w", err)
		}
		locks = filepath.Join(cache, "okta-mcp")
	}
	_, err := within(ctx, func() (string, error) { return keyrings.Get(service, "is there a keyring?") })
	if err != nil && !errors.Is(err, keyrings.ErrNotFound) {
		return nil, fmt.Errorf("this machine has no keyring that can be used: %w", err)
	}
	if err := os.MkdirAll(locks, 0o700); err != nil {
		return nil, fmt.Errorf("making a directory for the keyring's locks: %w", err)
	}
	return &keyring{locks: locks}, nil
}

func (k *keyring) String() string { return "the operating system's keyring" }

func (k *keyring) Load(ctx context.Context, key Key) (Entry, error) {
	packed, err := within(ctx, func() (string, error) { return keyrings.Get(service, key.String()) })
	if errors.Is(err, keyrings.ErrNotFound) {
		return Entry{}, fmt.Errorf("loading the sign-in from %s: %w", k, ErrNotFound)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("loading the sign-in from %s: %w", k, err)
	}
	plain, err := unpack(packed)
	if err != nil {
		return Entry{}, fmt.Errorf("reading the sign-in that %s keeps: %w", k, err)
	}
	entry, err := decode(plain)
	if err != nil {
		return Entry{}, fmt.Errorf("reading the sign-in that %s keeps: %w", k, err)
	}
	return entry, nil
}

func (k *keyring) Save(ctx context.Context, key Key, entry Entry) error {
	if err := key.check(); err != nil {
		return err
	}
	plain, err := encode(entry)
	if err != nil {
		return err
	}
	packed, err := pack(plain)
	if err != nil {
		return err
	}
	_, err = within(ctx, func() (string, error) { return "", keyrings.Set(service, key.String(), packed) })
	if errors.Is(err, keyrings.ErrSetDataTooBig) {
		return fmt.Errorf("saving the sign-in in %s: its %d bytes are more than that takes: set %s to keep it in an encrypted file, or ask for fewer scopes", k, len(packed), Variable)
	}
	if err != nil {
		return fmt.Errorf("saving the sign-in in %s: %w", k, err)
	}
	return nil
}

func (k *keyring) Delete(ctx context.Context, key Key) error {
	_, err := within(ctx, func() (string, error) { return "", keyrings.Delete(service, key.String()) })
	if err != nil && !errors.Is(err, keyrings.ErrNotFound) {
		return fmt.Errorf("removing the sign-in from %s: %w", k, err)
	}
	return nil
}

func (k *keyring) Lock(ctx context.Context, key Key) (unlock func() error, err error) {
	return lockFile(ctx, filepath.Join(k.locks, lockName(key)))
}

// lockName is a file name for a key that any file system takes.
func lockName(key Key) string {
	sum := sha256.Sum256([]byte(key.String()))
	return hex.EncodeToString(sum[:8]) + ".lock"
}

// within waits for a keyring no longer than ctx and keyringPatience allow. A
// keyring cannot be called off: what it still does then ends by itself.
func within(ctx context.Context, ask func() (string, error)) (string, error) {
	type answer struct {
		value string
		err   error
	}
	ctx, cancel := context.WithTimeoutCause(ctx, keyringPatience, errors.New("it did not answer: unlock it"))
	defer cancel()
	done := make(chan answer, 1)
	go func() {
		value, err := ask()
		done <- answer{value, err}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// pack makes a short ASCII text: some keyrings take no other.
func pack(plain []byte) (string, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", fmt.Errorf("packing the sign-in: %w", err)
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

func unpack(packed string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err == nil {
		raw, err = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), maxPlain))
	}
	if err != nil {
		return nil, fmt.Errorf("it is not what okta-mcp wrote: %w", ErrUnreadable)
	}
	return raw, nil
}
