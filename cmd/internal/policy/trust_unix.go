//go:build unix

package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
// runs the server would write its own bounds. Links are followed, and every
// directory on the way counts.
func machineOnly(file *os.File, path string) error {
	if err := notForOthers(file, path); err != nil {
		return err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	return everyWay(file, path, mostLinks)
}

// mostLinks is more links than lead to a file that is there.
const mostLinks = 40

// everyWay checks the absolute path from its root on; from a link on it goes where
// that leads, so that no directory on the way is left out.
func everyWay(file *os.File, path string, links int) error {
	way := "/"
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, part := range parts {
		if err := beyondUs(way); err != nil {
			return err
		}
		way = filepath.Join(way, part)
		to, err := os.Readlink(way)
		if err != nil {
			continue // no link
		}
		if links == 0 {
			return fmt.Errorf("%s leads through too many links", path)
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(way), to)
		}
		return everyWay(file, filepath.Join(append([]string{to}, parts[i+1:]...)...), links-1)
	}
	opened, err := file.Stat()
	if err != nil {
		return err
	}
	if now, err := os.Stat(way); err != nil || !os.SameFile(opened, now) {
		return fmt.Errorf("it cannot be told where %s leads; put the file itself there", way)
	}
	return beyondUs(way)
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
