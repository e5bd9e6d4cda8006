package inbound

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	maxTokenFile = 1 << 20
	readAgain    = time.Second
)

// TokenFile says where tokens are kept. Path is required.
//
// The file holds a name and a token a line, with spaces between them; empty lines
// and lines that begin with # are passed over. Only its owner, who is us, may
// have any right to it.
type TokenFile struct {
	Path   string
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: nothing is logged; the path, numbers and reasons only
}

// OpenTokenFile accepts the tokens of a file. A request reads the file anew where
// a second has passed since the last did: a file this small costs less to read
// than to find out reliably that it is the same. One that cannot be used any more
// keeps nobody in, until it can.
func OpenTokenFile(c TokenFile) (*Tokens, error) {
	f := &tokenFile{path: c.Path, now: orNow(c.Now), log: orSilent(c.Logger)}
	f.checked = f.now()
	if f.reload(); f.problem != nil {
		return nil, f.problem
	}
	return newTokens(f.current), nil
}

func orNow(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

func orSilent(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

type tokenFile struct {
	path string
	now  func() time.Time
	log  *slog.Logger

	mu      sync.Mutex
	checked time.Time
	read    [sha256.Size]byte // the digest of what was read last
	entries []entry
	problem error // why nobody is let in
}

func (f *tokenFile) current() ([]entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	// Abs: a clock that was set back must not keep a revoked token alive.
	if now := f.now(); now.Sub(f.checked).Abs() >= readAgain {
		f.checked = now
		f.reload()
	}
	return f.entries, f.problem
}

// reload reads the file, and reports what it found where that is news.
func (f *tokenFile) reload() {
	text, err := readPrivate(f.path)
	read := sha256.Sum256(text)
	if err == nil && f.problem == nil && read == f.read {
		return
	}
	var entries []entry
	if err == nil {
		entries, err = parseTokens(text)
	}
	if err != nil {
		err = fmt.Errorf("reading the token file %s: %w", f.path, err)
		opening := f.read == [sha256.Size]byte{} // whoever opens it says what is wrong
		if !opening && (f.problem == nil || f.problem.Error() != err.Error()) {
			f.log.Error("nobody is let in until the token file is mended", "error", err)
		}
		f.entries, f.problem = nil, err
		return
	}
	f.read, f.entries, f.problem = read, entries, nil
	f.log.Info("the token file was read", "path", f.path, "tokens", len(entries))
}

// parseTokens reads the lines. Errors name a line by its number: what it holds
// may be a token wherever it stands.
func parseTokens(text []byte) ([]entry, error) {
	var all []entry
	lineOfName, lineOfToken := map[string]int{}, map[[sha256.Size]byte]int{}
	number := 0
	for line := range strings.SplitSeq(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("line %d is not a name, a space and a token", number)
		}
		one, err := newEntry(fields[0], fields[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if before := lineOfName[one.name]; before != 0 {
			return nil, fmt.Errorf("lines %d and %d have the same name: give each its own", before, number)
		}
		if before := lineOfToken[one.digest]; before != 0 {
			return nil, fmt.Errorf("lines %d and %d have the same token: give each its own", before, number)
		}
		lineOfName[one.name], lineOfToken[one.digest] = number, number
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, errors.New("it holds no token: write a name and a token a line")
	}
	return all, nil
}

// readPrivate reads a file that only its owner may use. It is looked at before it
// is opened, since opening a pipe would wait, and after, since it may have been
// replaced in between. A link is followed, as secrets are mounted by links: the
// file it leads to has to be ours and private.
func readPrivate(path string) ([]byte, error) {
	before, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := private(before); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	opened, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := private(opened); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxTokenFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxTokenFile {
		return nil, errors.New("it is over 1 MiB, so it is no token file: name another")
	}
	return text, nil
}

func private(info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file: name one")
	case shared(info):
		return fmt.Errorf("others than its owner may use it (mode %04o): run chmod 600 on it, and replace its tokens if they may have been read", info.Mode().Perm())
	case !owned(info):
		return errors.New("it belongs to another user: name a file of the user this server runs as")
	}
	return nil
}
