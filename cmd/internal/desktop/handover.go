package desktop

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// handOverPage sends a browser on to the address. It has no script, and leaves no
// trace of itself with the address.
const handOverPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'">
<meta http-equiv="refresh" content="0; url=%[1]s">
<title>okta-mcp asks for an approval</title>
</head>
<body>
<main><p><a href="%[1]s">Show what okta-mcp asks</a></p></main>
</body>
</html>
`

// The files' names begin and end so. What a program that was killed has left lies
// around no longer than leftFor: its address could be somebody else's by then.
const (
	prefix  = "okta-mcp-approval-"
	suffix  = ".html"
	leftFor = 24 * time.Hour
)

// sweep removes what was left in dir.
func sweep(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if name := entry.Name(); entry.Type().IsRegular() && strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) {
			if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > leftFor {
				_ = os.Remove(filepath.Join(dir, name))
			}
		}
	}
}

// handOver writes the file that sends the browser to the address, and returns its
// path.
func (d Desktop) handOver(address string) (path string, err error) {
	failed := errors.New("there is no directory for it")
	name := prefix + rand.Text() + suffix
	for _, dir := range d.directories() {
		sweep(dir)
		path := filepath.Join(dir, name)
		if failed = write(path, fmt.Sprintf(handOverPage, html.EscapeString(address))); failed == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("writing the file that the browser opens: %w", nameless(failed))
}

// directories are where the file can be, best first. Browsers that come as snaps
// read neither /tmp nor hidden files, but the home directory.
func (d Desktop) directories() []string {
	if d.OS == "darwin" || d.OS == "windows" {
		return []string{d.TempDir}
	}
	var dirs []string
	for _, dir := range []string{d.variable("HOME"), d.variable("XDG_RUNTIME_DIR")} {
		if filepath.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// write makes the file, or leaves none.
func write(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
	}
	return err
}
