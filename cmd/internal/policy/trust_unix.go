//go:build unix

package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// MachineFile is where the machine's policy is.
func MachineFile() (string, error) { return "/etc/okta-mcp/policy.yaml", nil }

// notForOthers refuses a file that somebody else may write.
func notForOthers(file *os.File, path string) error {
	info, err := file.Stat()
	if err == nil && info.Mode().Perm()&0o022 != 0 {
		err = fmt.Errorf("group or others may write %s; run chmod go-w on it", path)
	}
	return err
}

// machineOnly refuses a file that the running user could change or replace: whoever
// runs the server would write its own bounds. Links are followed, and the
// directories on both ways count.
func machineOnly(file *os.File, path string) error {
	if err := notForOthers(file, path); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if real, err = filepath.Abs(real); err != nil {
		return err
	}
	for _, way := range []string{path, real} {
		for ; ; way = filepath.Dir(way) {
			if err := beyondUs(way); err != nil {
				return err
			}
			if way == filepath.Dir(way) {
				break
			}
		}
	}
	return nil
}

// beyondUs refuses what the running user may write, or owns and so could.
func beyondUs(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !known || int(owner.Uid) == os.Geteuid() || unix.Access(path, unix.W_OK) == nil {
		return fmt.Errorf("the user who runs this may write %s, and so could change the machine's policy; run the server as a user who may not", path)
	}
	return nil
}
