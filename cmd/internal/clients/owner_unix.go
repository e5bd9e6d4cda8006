//go:build unix

package clients

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives the file the owner and group of another. Who may not is told, lest
// a file of somebody else becomes ours.
func keepOwner(file *os.File, of fs.FileInfo) error {
	now, err := file.Stat()
	if err != nil {
		return err
	}
	was, ok := of.Sys().(*syscall.Stat_t)
	is, both := now.Sys().(*syscall.Stat_t)
	if !ok || !both || was.Uid == is.Uid && was.Gid == is.Gid {
		return nil
	}
	if err := file.Chown(int(was.Uid), int(was.Gid)); err != nil {
		return fmt.Errorf("the file belongs to somebody else: %w", err)
	}
	return nil
}
