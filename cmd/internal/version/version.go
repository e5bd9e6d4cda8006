// Package version is the one place that says which okta-mcp this is.
package version

import "runtime/debug"

// Number is the released version; a build between releases carries the next
// one's number and its commit.
const Number = "0.1.0"

// UserAgent is what Okta sees as the caller.
const UserAgent = "okta-mcp/" + Number

// Commit returns the revision the binary was built from, and "" when the build
// did not record one.
func Commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
