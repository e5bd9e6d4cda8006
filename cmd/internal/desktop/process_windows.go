package desktop

import (
	"io/fs"
	"os/exec"
	"syscall"
)

// detach keeps what is typed at our console from the child, and the child's own
// console from the screen.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP, HideWindow: true}
}

// owner is not told by the file's information here.
func owner(fs.FileInfo) int { return -1 }
