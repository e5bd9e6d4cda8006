package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/version"
)

func TestABundleHoldsItsManifestAndTheProgramsItNames(t *testing.T) {
	t.Parallel()
	mac, windows := aProgram(t, "for macOS"), aProgram(t, "for Windows")
	packed := printed(t, "-repository", nobodys, "-platforms", "darwin,win32", "pack", mac, windows)
	if again := printed(t, "-repository", nobodys, "-platforms", "darwin,win32", "pack", mac, windows); !bytes.Equal(packed, again) {
		t.Error("packed twice, the same programs give other bytes")
	}
	want := map[string]string{
		"manifest.json":             string(printed(t, "-repository", nobodys, "-platforms", "darwin,win32", "bundle")),
		"server/darwin/okta-mcp":    "for macOS",
		"server/win32/okta-mcp.exe": "for Windows",
	}
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.File {
		if says := read(t, file); says != want[file.Name] {
			t.Errorf("%s says %q, want %q", file.Name, says, want[file.Name])
		}
		if canRun := file.Mode()&0o111 != 0; canRun != strings.HasPrefix(file.Name, "server/") {
			t.Errorf("%s has the mode %v", file.Name, file.Mode())
		}
		delete(want, file.Name)
	}
	for name := range want {
		t.Errorf("%s is not in the bundle", name)
	}
}

func read(t *testing.T, file *zip.File) string {
	t.Helper()
	opened, err := file.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	text, err := io.ReadAll(opened)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// aProgram writes a file that stands for a program.
func aProgram(t *testing.T, says string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "okta-mcp")
	if err := os.WriteFile(file, []byte(says), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// This test is a program too.
func TestAProgramsPartsAreTheModulesInIt(t *testing.T) {
	t.Parallel()
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var listed inventory
	if err := json.Unmarshal(printed(t, "sbom", itself), &listed); err != nil {
		t.Fatal(err)
	}
	if c := listed.About.Component; c.Name != "okta-mcp" || !strings.HasPrefix(c.Version, version.Number) || len(c.Hashes) != 1 || c.Licenses[0].License.ID != "Apache-2.0" {
		t.Errorf("it is the inventory of %+v", c)
	}
	var urls []string
	for _, c := range listed.Components {
		urls = append(urls, c.URL)
	}
	for _, want := range []string{"pkg:golang/github.com/mark3labs/mcp-go@v1.2.1", "pkg:golang/std@" + strings.TrimPrefix(runtime.Version(), "go")} {
		if !slices.Contains(urls, want) {
			t.Errorf("the parts are %q, without %s", urls, want)
		}
	}
	if slices.Sort(urls); len(slices.Compact(urls)) != len(listed.Components) {
		t.Errorf("a part is listed twice: %q", urls)
	}
}

func TestWhatCannotBePackedOrListedIsSaid(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		"and 0 programs given": {"-platforms", "linux", "pack"},
		"and 1 programs given": {"pack", aProgram(t, "")},
		`no bundle is for "x"`: {"-platforms", "x", "pack", aProgram(t, "")},
		"no-such-program":      {"-platforms", "linux", "pack", "no-such-program"},
		"takes one program":    {"sbom"},
		"no-such-file":         {"sbom", "no-such-file"},
		"was built from":       {"sbom", aProgram(t, "no program")},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(args, &stdout, &stderr); code != 2 || stdout.Len() > 0 || !strings.Contains(stderr.String(), says) {
			t.Errorf("%q exits with %d, prints %d bytes and says %q; want %q", args, code, stdout.Len(), &stderr, says)
		}
	}
}

func TestTheReleasedImageRunsAsTheOneThatPeopleBuild(t *testing.T) {
	t.Parallel()
	released, built := lastStage(t, ".ci/release.Dockerfile"), lastStage(t, "Dockerfile")
	if len(built) < 4 || !slices.Equal(released, built) {
		t.Errorf(".ci/release.Dockerfile ends with %q, and Dockerfile with %q", released, built)
	}
}

// lastStage returns what the last stage of a Dockerfile says of the image, not where
// it takes the program from.
func lastStage(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../..", file))
	if err != nil {
		t.Fatal(err)
	}
	stage := string(text[bytes.LastIndex(text, []byte("\nFROM "))+1:])
	return slices.DeleteFunc(strings.Split(stage, "\n"), func(line string) bool {
		word, _, _ := strings.Cut(line, " ")
		return slices.Contains([]string{"", "#", "ARG", "COPY"}, word)
	})
}
