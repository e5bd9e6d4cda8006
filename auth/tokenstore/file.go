package tokenstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

const (
	// Variable is where an operator puts the key of the file. This package does
	// not read it; its errors name it.
	Variable = "OKTA_MCP_STORE_KEY"

	minKeyText  = 16
	maxFileSize = 4 << 20
)

// ErrUnsafe is a file that must not hold a sign-in: others can use it, or it is
// none. The operator mends it.
var ErrUnsafe = errors.New("not safe to keep a sign-in in")

// ErrWrongKey is a file that the key does not open.
var ErrWrongKey = errors.New("it was encrypted with another key than " + Variable + " holds now, or it is damaged: set the key it was made with, or remove the file and sign in again")

// file keeps entries in one file, each encrypted. Orgs, clients and methods can
// be read in it.
type file struct {
	path string
	text Secret // the operator's key text

	mu      sync.Mutex
	derived map[string]sealer // by salt: deriving takes a noticeable time by design
}

// OpenFile makes a Store of the file at path, encrypted with a key derived from
// keyText (see Variable). The file need not exist yet; its directory is made
// where it is missing. Nothing is read before the first use.
func OpenFile(path, keyText string) (Store, error) {
	if len(keyText) < minKeyText {
		return nil, fmt.Errorf("%s is shorter than %d characters, or not set: make one with: openssl rand -base64 32", Variable, minKeyText)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding the file for sign-ins: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making a directory for the file of sign-ins: %w", err)
	}
	return &file{path: path, text: NewSecret(keyText), derived: map[string]sealer{}}, nil
}

func (s *file) String() string { return "the encrypted file " + s.path }

// Format names the store under every verb.
func (s *file) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// document is the file. Its first field fixes how the key is derived and how
// entries are sealed, so that no file can ask for a costlier or weaker way.
type document struct {
	Format  string            `json:"format"`
	Salt    []byte            `json:"salt"`
	Check   []byte            `json:"check"`   // nothing, sealed: tells a wrong key before an entry is added under it
	Entries map[string][]byte `json:"entries"` // sealed, by key
}

const (
	fileFormat = "okta-mcp sign-ins 1: scrypt 32768 8 1, AES-256-GCM"
	checkName  = "okta-mcp sign-ins 1"
)

func (s *file) Load(_ context.Context, key Key) (Entry, error) {
	doc, seal, err := s.read()
	if errors.Is(err, fs.ErrNotExist) {
		return Entry{}, fmt.Errorf("loading the sign-in from %s: %w", s, ErrNotFound)
	}
	if err != nil {
		return Entry{}, err
	}
	sealed, there := doc.Entries[key.String()]
	if !there {
		return Entry{}, fmt.Errorf("loading the sign-in from %s: %w", s, ErrNotFound)
	}
	plain, err := seal.open(sealed, key.String())
	if err != nil {
		return Entry{}, fmt.Errorf("reading %s: %w", s, err)
	}
	entry, err := decode(plain)
	if err != nil {
		return Entry{}, fmt.Errorf("reading %s: %w", s, err)
	}
	return entry, nil
}

func (s *file) Save(ctx context.Context, key Key, entry Entry) error {
	if err := key.check(); err != nil {
		return err
	}
	plain, err := encode(entry)
	if err != nil {
		return err
	}
	return s.change(ctx, func(doc document, seal sealer) {
		doc.Entries[key.String()] = seal.close(plain, key.String())
	})
}

func (s *file) Delete(ctx context.Context, key Key) error {
	if _, err := os.Lstat(s.path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return s.change(ctx, func(doc document, _ sealer) { delete(doc.Entries, key.String()) })
}

func (s *file) Lock(ctx context.Context, key Key) (unlock func() error, err error) {
	return lockFile(ctx, s.path+"."+lockName(key))
}

// change reads, changes and writes the file under a lock of its own, which is
// held for moments: the entries of other keys are in it as well.
func (s *file) change(ctx context.Context, edit func(document, sealer)) error {
	unlock, err := lockFile(ctx, s.path+".lock")
	if err != nil {
		return err
	}
	doc, seal, err := s.read()
	if errors.Is(err, fs.ErrNotExist) {
		doc, seal, err = s.begin()
	}
	if err == nil {
		edit(doc, seal)
		err = s.write(doc)
	}
	return errors.Join(err, unlock())
}

// read opens the file and proves that the key fits.
func (s *file) read() (document, sealer, error) {
	text, err := readPrivate(s.path)
	if err != nil {
		return document{}, sealer{}, err
	}
	var doc document
	switch err := json.Unmarshal(text, &doc); {
	case err != nil:
		return document{}, sealer{}, fmt.Errorf("reading %s: it is no file of okta-mcp, or damaged: remove it and sign in again", s)
	case doc.Format != fileFormat || len(doc.Salt) != saltSize:
		return document{}, sealer{}, fmt.Errorf("reading %s: another version of okta-mcp wrote it, or it is damaged: remove it and sign in again", s)
	}
	seal, err := s.sealer(doc.Salt)
	if err == nil {
		_, err = seal.open(doc.Check, checkName)
	}
	if err != nil {
		return document{}, sealer{}, fmt.Errorf("reading %s: %w", s, err)
	}
	if doc.Entries == nil {
		doc.Entries = map[string][]byte{}
	}
	return doc, seal, nil
}

// begin is a file with a new salt and nothing in it.
func (s *file) begin() (document, sealer, error) {
	salt := newSalt()
	seal, err := s.sealer(salt)
	if err != nil {
		return document{}, sealer{}, err
	}
	return document{Format: fileFormat, Salt: salt, Check: seal.close(nil, checkName), Entries: map[string][]byte{}}, seal, nil
}

// sealer derives the key for a salt, once.
func (s *file) sealer(salt []byte) (sealer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, there := s.derived[string(salt)]; there {
		return known, nil
	}
	seal, err := newSealer(s.text, salt)
	if err == nil {
		s.derived = map[string]sealer{string(salt): seal} // a file has one salt at a time
	}
	return seal, err
}

// write puts the file in place at once and whole: a power cut leaves the old one
// or the new one.
func (s *file) write(doc document) (err error) {
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", s, err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(s.path), ".okta-mcp-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", s, err)
	}
	_, err = temporary.Write(append(text, '\n'))
	if err == nil {
		err = temporary.Sync()
	}
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), s.path)
	}
	if err == nil {
		err = syncDirectory(filepath.Dir(s.path))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", s, err), ignoreMissing(os.Remove(temporary.Name())))
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// readPrivate reads a file that only its owner may use. It is looked at before
// it is opened, since opening a pipe would wait, and after, since it may have
// been replaced in between.
func readPrivate(path string) ([]byte, error) {
	before, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("looking at the file of sign-ins: %w", err)
	}
	if err := safe(path, before); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the file of sign-ins: %w", err)
	}
	defer f.Close()
	opened, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("looking at the file of sign-ins: %w", err)
	}
	if err := safe(path, opened); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the file of sign-ins: %w", err)
	}
	if len(text) > maxFileSize {
		return nil, fmt.Errorf("reading %s: it is over %d MiB, so it is no file of okta-mcp; name another", path, maxFileSize>>20)
	}
	return text, nil
}

func safe(path string, info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s is not a regular file; name one, or one that does not exist yet", ErrUnsafe, path)
	case shared(info):
		return fmt.Errorf("%w: others than its owner may use %s (mode %04o); run chmod 600 %[2]s, and sign in again if they may have read it", ErrUnsafe, path, info.Mode().Perm())
	case !owned(info):
		return fmt.Errorf("%w: %s belongs to another user; name a file of your own", ErrUnsafe, path)
	}
	return nil
}
