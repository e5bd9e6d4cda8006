//go:build !unix

package tokenstore

import "io/fs"

// shared and owned cannot be told from a mode here: who may use a file is in its
// access control list, which a new file takes from its directory.
func shared(fs.FileInfo) bool { return false }
func owned(fs.FileInfo) bool  { return true }

// syncDirectory does nothing: here a directory cannot be opened as a file, and
// the rename is journaled.
func syncDirectory(string) error { return nil }
