//go:build unix

package inbound

import (
	"io/fs"
	"os"
	"syscall"
)

// shared reports whether others than the owner have a right to the file.
func shared(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }

// owned reports whether the file is this user's.
func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(stat.Uid) == int64(os.Geteuid())
}
