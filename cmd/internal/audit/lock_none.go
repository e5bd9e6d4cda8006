//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package audit

import "os"

// locks says that processes cannot keep each other out of a file here: each
// needs a file of its own.
const locks = false

func lock(*os.File) error   { return nil }
func unlock(*os.File) error { return nil }

// shared cannot be told from a mode here: who may read a file is in its access
// control list.
func shared(os.FileInfo) bool { return false }
