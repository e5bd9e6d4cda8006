// Package version is the one place that says which okta-mcp this is. The number
// stands here; the commit and its time are what the Go tool stamps into a binary, so
// that the same commit gives the same bytes.
package version

import (
	"regexp"
	"runtime/debug"
	"time"
)

// Number is the released version; a build between releases carries the next
// one's number and its commit.
const Number = "0.1.0"

// Build is what a program was built from. Its zero value is a build that does not
// know: by go test or go run, or from sources without their history.
type Build struct {
	Commit  string    // the whole name, or the twelve digits that go install leaves
	Time    time.Time // of the commit, UTC
	Changed bool      // the sources were not those of the commit
}

// This returns what the running program was built from.
func This() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Build{}
	}
	return Of(info)
}

// Of returns what a program with this stamp was built from.
func Of(info *debug.BuildInfo) Build {
	stamp := map[string]string{}
	for _, s := range info.Settings {
		stamp[s.Key] = s.Value
	}
	b := Build{Commit: stamp["vcs.revision"], Changed: stamp["vcs.modified"] == "true"}
	written, layout := stamp["vcs.time"], time.RFC3339
	if b.Commit == "" { // go install names the commit in the version alone, and only where no tag does
		if named := pseudoVersion.FindStringSubmatch(info.Main.Version); named != nil {
			written, layout, b.Commit = named[1], "20060102150405", named[2]
		}
	}
	if at, err := time.Parse(layout, written); err == nil {
		b.Time = at.UTC()
	}
	return b
}

// pseudoVersion is how the Go tool names a commit without a tag:
// https://go.dev/ref/mod#pseudo-versions
var pseudoVersion = regexp.MustCompile(`^v\d+\.\d+\.\d+-(?:.*\.)?(\d{14})-([0-9a-f]{12})$`)

// String returns the number with the day and the commit as semantic versioning has
// them, as in 0.1.0+20261122.923935c03f16; the number alone when they are unknown.
func (b Build) String() string {
	if b.Commit == "" || b.Time.IsZero() {
		return Number
	}
	s := Number + "+" + b.Time.Format("20060102") + "." + b.Commit[:min(12, len(b.Commit))]
	if b.Changed {
		s += ".changed"
	}
	return s
}

// UserAgent is what Okta sees as the caller.
func UserAgent() string { return "okta-mcp/" + This().String() }
