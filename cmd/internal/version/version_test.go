package version_test

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/version"
)

const (
	moduleRoot = "../../.."
	commit     = "923935c03f16a1b2c3d4e5f60718293a4b5c6d7e"
)

func TestABuildSaysWhatItWasBuiltFrom(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		module, revision, time, modified string
		commit, at, says                 string
		changed                          bool
	}{
		"in a work tree": {
			"v0.0.0-20261122053800-923935c03f16", commit, "2026-11-22T05:38:00Z", "false",
			commit, "2026-11-22T05:38:00Z", "+20261122.923935c03f16", false,
		},
		"with changes": {
			"v0.1.0+dirty", commit, "2026-11-22T05:38:00Z", "true",
			commit, "2026-11-22T05:38:00Z", "+20261122.923935c03f16.changed", true,
		},
		"by go install of a commit":   {"v0.0.0-20261122053800-923935c03f16", "", "", "", "923935c03f16", "2026-11-22T05:38:00Z", "+20261122.923935c03f16", false},
		"by go install after a tag":   {"v0.1.1-0.20261122053800-923935c03f16", "", "", "", "923935c03f16", "2026-11-22T05:38:00Z", "+20261122.923935c03f16", false},
		"by go install before a tag":  {"v1.0.0-rc.1.0.20261122053800-923935c03f16", "", "", "", "923935c03f16", "2026-11-22T05:38:00Z", "+20261122.923935c03f16", false},
		"by go install of a tag":      {"v0.1.0", "", "", "", "", "", "", false},
		"by go run":                   {"(devel)", "", "", "", "", "", "", false},
		"without its history":         {"", "", "", "", "", "", "", false},
		"with a time that is no time": {"", commit, "yesterday", "", commit, "", "", false},
	} {
		b := version.Of(stamped(c.module, c.revision, c.time, c.modified))
		at := ""
		if !b.Time.IsZero() {
			at = b.Time.Format("2006-01-02T15:04:05Z07:00")
		}
		if b.Commit != c.commit || at != c.at || b.Changed != c.changed {
			t.Errorf("%s: commit %q of %q, changed %v; want %q of %q, %v", name, b.Commit, at, b.Changed, c.commit, c.at, c.changed)
		}
		if want := version.Number + c.says; b.String() != want {
			t.Errorf("%s: it says %s, want %s", name, b, want)
		}
	}
}

// stamped is what the Go tool leaves in a binary.
func stamped(module, revision, at, modified string) *debug.BuildInfo {
	info := &debug.BuildInfo{Main: debug.Module{Path: "okta-mcp", Version: module}}
	for key, value := range map[string]string{"vcs.revision": revision, "vcs.time": at, "vcs.modified": modified} {
		if value != "" {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: key, Value: value})
		}
	}
	return info
}

// The grammars of those who read it: https://semver.org and RFC 9110, section 10.1.5.
func TestTheVersionIsOneThatOthersCanRead(t *testing.T) {
	t.Parallel()
	semantic := regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)
	product := regexp.MustCompile("^okta-mcp/[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	for _, modified := range []string{"", "true"} {
		if said := version.Of(stamped("", commit, "2026-11-22T05:38:00Z", modified)).String(); !semantic.MatchString(said) || !product.MatchString("okta-mcp/"+said) {
			t.Errorf("the version is %q", said)
		}
	}
	if agent := version.UserAgent(); !product.MatchString(agent) || !strings.HasPrefix(agent, "okta-mcp/"+version.Number) {
		t.Errorf("the User-Agent is %q", agent)
	}
}

func TestNothingShippedIsOfAnotherVersion(t *testing.T) {
	t.Parallel()
	for file, saying := range map[string]string{
		".goreleaser.yaml":                         `version_template: "?([0-9.]*\d)`,
		"testdata/manifests/manifest.json":         `"version": "([^"]*)"`,
		"testdata/manifests/gemini-extension.json": `"version": "([^"]*)"`,
		"testdata/manifests/server.json":           `"version": "([^"]*)"|/v(\d[^/"]*)/`,
	} {
		found := regexp.MustCompile(saying).FindAllStringSubmatch(shipped(t, file), -1)
		if len(found) == 0 {
			t.Errorf("%s says no version: this test looks for %s", file, saying)
		}
		for _, each := range found {
			if said := strings.Join(each[1:], ""); said != version.Number {
				t.Errorf("%s says version %s, and this is %s", file, said, version.Number)
			}
		}
	}
}

// What is not released yet names the number that it will have.
func TestTheChangelogBeginsWithThisVersion(t *testing.T) {
	t.Parallel()
	_, entries, _ := strings.Cut(shipped(t, "CHANGELOG.md"), "\n## ")
	if first := regexp.MustCompile(`\d+\.\d+\.\d+`).FindString(entries); first != version.Number {
		t.Errorf("the first entry of CHANGELOG.md is of %q, and this is %s", first, version.Number)
	}
}

// shipped reads a file of the repository.
func shipped(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(moduleRoot, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
