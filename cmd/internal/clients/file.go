package clients

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// File is a client's file as it was when it was opened.
type File struct {
	Path string // where it is written: of a link, what that leads to
	Text []byte
	info fs.FileInfo // nil: there is none yet
}

// Open reads a client's file. One that is not there yet is empty.
func Open(path string) (*File, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &File{Path: path}, nil
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("%s leads nowhere: %w", path, err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", target)
	}
	text, err := os.ReadFile(target)
	if err != nil {
		return nil, err
	}
	return &File{Path: target, Text: text, info: info}, nil
}

// Write puts the text into the place of what the file held, whole or not at all,
// and keeps that in a file beside it, which it returns. What is already so is not
// written. A file that somebody has changed since it was opened is left alone.
func (f *File) Write(text []byte) (backup string, err error) {
	if f.info != nil && bytes.Equal(text, f.Text) {
		return "", nil
	}
	if f.info == nil {
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
			return "", err
		}
	}
	fresh, err := f.beside(text)
	if err != nil {
		return "", err
	}
	defer os.Remove(fresh) //nolint:errcheck // it has another name by then, or is in nobody's way
	if f.info != nil {
		if backup, err = f.keep(); err != nil {
			return "", err
		}
	}
	if err := f.unchanged(); err != nil { // last: what a client writes from here on is lost, and that is microseconds
		return "", errors.Join(err, removeIf(backup))
	}
	if err := os.Rename(fresh, f.Path); err != nil {
		return "", errors.Join(err, removeIf(backup))
	}
	return backup, syncDirectory(filepath.Dir(f.Path))
}

// beside writes the text into a new file in the same directory, with the mode and
// the owner of the old one. One that is new is for its owner alone.
func (f *File) beside(text []byte) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(f.Path), "."+filepath.Base(f.Path)+"-")
	if err != nil {
		return "", err
	}
	_, err = file.Write(text)
	if f.info != nil {
		err = errors.Join(err, file.Chmod(f.info.Mode().Perm()), keepOwner(file, f.info))
	}
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// unchanged fails if the file is not what it was when it was opened: the client may
// have written it while a person was reading the difference.
func (f *File) unchanged() error {
	now, err := Open(f.Path)
	if err != nil {
		return err
	}
	if (now.info == nil) != (f.info == nil) || !bytes.Equal(now.Text, f.Text) {
		return fmt.Errorf("%s was changed by somebody else just now; nothing was written: run this again", f.Path)
	}
	return nil
}

// mostBackups is more than anybody keeps.
const mostBackups = 1000

// keep writes what the file held into a new file beside it, for its owner alone:
// there may be secrets in it.
func (f *File) keep() (name string, err error) {
	for n := 1; n <= mostBackups; n++ {
		name = f.Path + ".before-okta-mcp"
		if n > 1 {
			name += fmt.Sprintf("-%d", n)
		}
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.info.Mode().Perm()&0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("keeping what was there: %w", err)
		}
		_, err = file.Write(f.Text)
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			return "", fmt.Errorf("keeping what was there: %w", errors.Join(err, os.Remove(name)))
		}
		return name, nil
	}
	return "", fmt.Errorf("keeping what was there: %s and %d others are there already; remove some", name, mostBackups-1)
}

func removeIf(name string) error {
	if name == "" {
		return nil
	}
	return os.Remove(name)
}

// syncDirectory makes a rename last. Windows does so by itself.
func syncDirectory(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
