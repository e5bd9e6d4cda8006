package policy

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// MachineFile is where the machine's policy is. The folder is asked of Windows: a
// variable could be set by the user.
func MachineFile() (string, error) {
	folder, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, windows.KF_FLAG_DEFAULT)
	if err != nil {
		return "", fmt.Errorf("finding the folder of the machine's policy: %w", err)
	}
	return filepath.Join(folder, "okta-mcp", "policy.yaml"), nil
}

// notForOthers takes every file: who may write one is not in its mode here.
func notForOthers(*os.File, string) error { return nil }

// machineOnly refuses a file that the running user can open for writing.
func machineOnly(_ *os.File, path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil
	}
	_ = file.Close()
	return fmt.Errorf("the user who runs this may write %s, and so could change the machine's policy; run the server as a user who may not", path)
}
