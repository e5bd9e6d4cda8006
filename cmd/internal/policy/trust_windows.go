package policy

import (
	"errors"
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

// deleteChild is FILE_DELETE_CHILD, which x/sys does not name.
const deleteChild = 0x40

// machineOnly refuses a file that the running user could change or replace, and one
// that no administrator made: in ProgramData everybody may make a folder.
func machineOnly(_ *os.File, path string) error {
	either := []uint32{windows.DELETE, windows.WRITE_DAC, windows.WRITE_OWNER}
	if err := beyondUs(filepath.Dir(path), append(either, deleteChild)); err != nil {
		return err
	}
	return beyondUs(path, append(either, windows.FILE_WRITE_DATA, windows.FILE_APPEND_DATA))
}

// beyondUs refuses what opens with one of the rights, and what belongs to nobody
// who rules the machine. Only a refused access counts: a file that is merely open
// elsewhere says nothing of who may write it.
func beyondUs(path string, rights []uint32) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	for _, right := range rights {
		handle, err := windows.CreateFile(name, right, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
			nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
		switch {
		case err == nil:
			_ = windows.CloseHandle(handle)
			return fmt.Errorf("the user who runs this may write %s, and so could change the machine's policy; run the server as a user who may not", path)
		case !errors.Is(err, windows.ERROR_ACCESS_DENIED):
			return fmt.Errorf("finding out whether the user who runs this may write %s: %w", path, err)
		}
	}
	return ofTheMachine(path)
}

func ofTheMachine(path string) error {
	security, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("finding out whose %s is: %w", path, err)
	}
	owner, _, err := security.Owner()
	if err != nil {
		return fmt.Errorf("finding out whose %s is: %w", path, err)
	}
	if !owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) && !owner.IsWellKnown(windows.WinLocalSystemSid) {
		return fmt.Errorf("%s belongs to %s and not to the machine's Administrators; run icacls \"%s\" /setowner Administrators", path, owner, path)
	}
	return nil
}
