package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// ErrUnsafe is a file that must not become a record: others can read it, or it
// is none. The operator mends it.
var ErrUnsafe = errors.New("not safe to keep a record in")

// DefaultMaxBytes is the size from which a new file is begun.
const DefaultMaxBytes = 64 << 20

// file is the end of a chain, to which records are added.
type file struct {
	path     string // without symlinks
	maxBytes int64

	mu   sync.Mutex
	open *os.File // nil: not open
	// last is what this process added last. Where the file ends before it, or
	// with something else under its number, the next record still follows it, so
	// that a verification sees the damage.
	last Anchor
}

// add writes the record with one call, behind whatever is last under the lock.
// With durable it returns when the disk has it.
func (w *file) add(r Record, durable bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		size, err := w.acquire()
		if err != nil {
			return err
		}
		line, after, err := w.next(r, size)
		if err == nil && size > 0 && size+int64(len(line)) > w.maxBytes {
			if err = w.rotate(); err == nil {
				continue // another process may have begun the new file already
			}
		}
		if err == nil {
			err = w.write(line, size, durable)
		}
		if err == nil {
			w.last = Anchor{N: after.N + 1, Hash: hashOf(bytes.Trim(line, "\n"))}
		}
		return errors.Join(err, w.release())
	}
}

// ready reports what would keep a record from being added, as far as that can be
// seen without adding one.
func (w *file) ready() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	size, err := w.acquire()
	if err != nil {
		return err
	}
	_, _, err = w.end(size)
	return errors.Join(err, w.release())
}

func (w *file) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leave()
}

// acquire opens and locks what is at the path now, and returns its size.
func (w *file) acquire() (int64, error) {
	for {
		if w.open == nil {
			f, err := openPrivate(w.path)
			if err != nil {
				return 0, err
			}
			w.open = f
		}
		if err := lock(w.open); err != nil {
			return 0, err
		}
		info, err := w.open.Stat()
		if err != nil {
			return 0, errors.Join(fmt.Errorf("looking at the record: %w", err), w.leave())
		}
		there, err := os.Stat(w.path)
		if err == nil && os.SameFile(info, there) {
			if err := safe(w.path, info); err != nil {
				return 0, errors.Join(err, w.release())
			}
			return info.Size(), nil
		}
		if err := w.leave(); err != nil { // rotated by another process, or moved away
			return 0, err
		}
	}
}

func (w *file) release() error {
	if w.open == nil {
		return nil
	}
	if err := unlock(w.open); err != nil {
		return errors.Join(fmt.Errorf("unlocking the record: %w", err), w.leave())
	}
	return nil
}

// leave closes the file, which gives up its lock.
func (w *file) leave() error {
	if w.open == nil {
		return nil
	}
	err := w.open.Close()
	w.open = nil
	if err != nil {
		return fmt.Errorf("closing the record: %w", err)
	}
	return nil
}

// openPrivate opens a file for adding to it, and makes it where there is none.
func openPrivate(path string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil:
		if err := safe(path, info); err != nil { // before it is opened: opening a pipe would wait
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("opening the record: %w", err)
	default:
		if link, err := os.Lstat(path); err == nil && link.Mode()&fs.ModeSymlink != 0 {
			return nil, fmt.Errorf("%w: %s is a symlink to nothing; name the file itself", ErrUnsafe, path)
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the record: %w", err)
	}
	return f, nil
}

func safe(path string, info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is not a regular file; name one, or one that does not exist yet", ErrUnsafe, path)
	}
	if shared(info) {
		return fmt.Errorf("%w: others than its owner may use %s (mode %04o); run chmod 600 %[2]s", ErrUnsafe, path, info.Mode().Perm())
	}
	return nil
}

// next is the line of the record, and the record it follows.
func (w *file) next(r Record, size int64) ([]byte, Anchor, error) {
	after, whole, err := w.end(size)
	if err != nil {
		return nil, after, err
	}
	if w.last.N >= after.N && w.last.N > 0 {
		after = w.last
	}
	line, err := r.line(after)
	if !whole { // a power cut left half a line, which stays, for a verification to name
		line = append([]byte{'\n'}, line...)
	}
	return line, after, err
}

// end is the last record of the file, or of the one before where it is empty.
func (w *file) end(size int64) (last Anchor, whole bool, err error) {
	if size > 0 {
		return tail(w.open, size)
	}
	before, err := os.Open(numbered(w.path, 1))
	if errors.Is(err, fs.ErrNotExist) {
		return Anchor{Hash: genesis}, true, nil
	}
	if err != nil {
		return last, false, fmt.Errorf("reading the file before: %w", err)
	}
	defer before.Close()
	info, err := before.Stat()
	if err != nil {
		return last, false, fmt.Errorf("reading the file before: %w", err)
	}
	if info.Size() == 0 {
		return Anchor{Hash: genesis}, true, nil
	}
	last, _, err = tail(before, info.Size())
	return last, true, err
}

// write adds the line, or nothing of it.
func (w *file) write(line []byte, size int64, durable bool) error {
	if _, err := w.open.Write(line); err != nil {
		if undo := w.open.Truncate(size); undo != nil {
			err = errors.Join(err, undo)
		}
		return fmt.Errorf("writing the record: %w", err)
	}
	if durable {
		if err := w.open.Sync(); err != nil {
			return fmt.Errorf("writing the record to the disk: %w", err)
		}
	}
	return nil
}

// rotate gives the file, and those before it, the next numbers. Whoever waits for
// its lock sees then that it has moved.
func (w *file) rotate() error {
	path := w.path
	if !locks { // there, an open file cannot be renamed, and nobody waits
		if err := w.leave(); err != nil {
			return err
		}
	}
	free := 1
	for exists(numbered(path, free)) {
		free++
	}
	for n := free; n > 1; n-- {
		if err := os.Rename(numbered(path, n-1), numbered(path, n)); err != nil {
			return rotationError(err)
		}
	}
	if err := os.Rename(path, numbered(path, 1)); err != nil {
		return rotationError(err)
	}
	return w.leave()
}

func rotationError(err error) error {
	return fmt.Errorf("beginning a new file for the record: %w; make its directory writable or raise --audit-max-bytes", err)
}

// resolved is the file that a path leads to: the others of a chain stand beside it.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func numbered(path string, n int) string { return path + "." + strconv.Itoa(n) }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
