//go:build unix

package desktop

import (
	"io/fs"
	"os/exec"
	"syscall"
)

// detach gives the child a session of its own: what ends this process, or comes
// from its terminal, is not meant for the person's browser.
func detach(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// owner returns who owns a file, and -1 if that is not known.
func owner(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}
