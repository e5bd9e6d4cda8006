//go:build !unix

package inbound

import "io/fs"

// shared and owned cannot be told from a mode here: who may use a file is in its
// access control list, which a new file takes from its directory.
func shared(fs.FileInfo) bool { return false }
func owned(fs.FileInfo) bool  { return true }
