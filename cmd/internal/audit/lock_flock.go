//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package audit

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// locks says that processes can keep each other out of a file.
const locks = true

// A lock is held for some microseconds. Who waits longer meets a process that
// was stopped with it, and must not be stopped as well.
const (
	lockPause  = 100 * time.Microsecond
	lockWithin = 5 * time.Second
)

// lock keeps other processes out of the file until unlock, or until it is closed.
func lock(f *os.File) error {
	for deadline := time.Now().Add(lockWithin); ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return fmt.Errorf("locking %s: %w", f.Name(), err)
		case time.Now().After(deadline):
			return fmt.Errorf("locking %s: another process has held it for %s", f.Name(), lockWithin)
		}
		<-time.After(lockPause)
	}
}

func unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// shared reports whether others than the owner have a right to the file.
func shared(info os.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
