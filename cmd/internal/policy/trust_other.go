//go:build !unix && !windows

package policy

import "os"

// MachineFile is where the machine's policy is: nowhere on this system.
func MachineFile() (string, error) { return "", nil }

func notForOthers(*os.File, string) error { return nil }

func machineOnly(*os.File, string) error { return nil }
