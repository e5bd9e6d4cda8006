//go:build !unix && !windows

package desktop

import (
	"io/fs"
	"os/exec"
)

// detach does nothing: no opener is known here.
func detach(*exec.Cmd) {}

// owner is not known here.
func owner(fs.FileInfo) int { return -1 }
