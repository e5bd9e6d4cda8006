//go:build unix

package desktop_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"okta-mcp/cmd/internal/desktop"
)

// TestMain is also the opener: this binary, started again by Open, reports what
// it was given and ends as it is told.
func TestMain(m *testing.M) {
	if role := os.Getenv("TEST_OPENER"); role != "" {
		os.Exit(opener(role))
	}
	goleak.VerifyTestMain(m)
}

const address = "http://127.0.0.1:1/approve/SECRET?a=1&b=\"<2>\""

// report is what an opener was given.
type report struct {
	Args, Environ []string
	Quiet         bool // its input and outputs are the null device
	Apart         bool // it leads a session of its own
	Page          string
	Mode          fs.FileMode
}

func opener(role string) int {
	file := os.Args[len(os.Args)-1]
	page, errPage := os.ReadFile(file)
	info, errInfo := os.Stat(file)
	if errPage != nil || errInfo != nil {
		return 90
	}
	r := report{Args: os.Args[1:], Environ: os.Environ(), Quiet: true, Apart: syscall.Getpgrp() == os.Getpid(), Page: string(page), Mode: info.Mode()}
	null, _ := os.Stat(os.DevNull)
	for fd := range uintptr(3) {
		f := os.NewFile(fd, "")
		if at, err := f.Stat(); err != nil || !os.SameFile(at, null) {
			r.Quiet = false
		}
	}
	text, _ := json.Marshal(r)
	if os.WriteFile(os.Getenv("TEST_REPORT"), text, 0o600) != nil {
		return 91
	}
	if role == "stay" { // until the test opens the other end
		_, _ = os.ReadFile(os.Getenv("TEST_GATE"))
		return 0
	}
	status, _ := strconv.Atoi(role)
	return status
}

// place is a desktop of the test's own.
type place struct {
	t *testing.T
	desktop.Desktop
	home, report string
}

func newPlace(t *testing.T, role string) place {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := place{t: t, home: t.TempDir(), report: filepath.Join(t.TempDir(), "report")}
	p.Desktop = desktop.Desktop{
		OS: "linux", UID: os.Getuid(), RunDir: t.TempDir(), TempDir: t.TempDir(), Wait: time.Minute,
		Environ: []string{"HOME=" + p.home, "DISPLAY=:7", "TEST_OPENER=" + role, "TEST_REPORT=" + p.report},
		Find:    func(string) (string, error) { return binary, nil },
	}
	return p
}

func (p place) read() report {
	p.t.Helper()
	var r report
	text, err := os.ReadFile(p.report)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		p.t.Fatalf("the opener left no report: %v", err)
	}
	return r
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

func TestOpenHandsTheAddressOverInAFileOfTheUsersOwn(t *testing.T) {
	t.Parallel()
	p := newPlace(t, "0")
	p.Environ = append(p.Environ, "OKTA_PRIVATE_KEY=key", "OKTA_MCP_APPROVE=x", "okta_client_id=y", "NOT_OKTA_=kept")
	done, err := p.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	r := p.read()
	files := names(t, p.home)
	if len(files) != 1 || len(r.Args) != 1 || r.Args[0] != filepath.Join(p.home, files[0]) || strings.HasPrefix(files[0], ".") || filepath.Ext(files[0]) != ".html" {
		t.Fatalf("the opener is started with %q, and the home directory has %q", r.Args, files)
	}
	if r.Mode != 0o600 {
		t.Errorf("others can read the file: %v", r.Mode)
	}
	const escaped = "http://127.0.0.1:1/approve/SECRET?a=1&amp;b=&#34;&lt;2&gt;&#34;"
	if !strings.Contains(r.Page, `content="0; url=`+escaped+`"`) || !strings.Contains(r.Page, `<a href="`+escaped+`">`) || strings.Contains(r.Page, "<script") {
		t.Errorf("the file does not lead to the address:\n%s", r.Page)
	}
	if told := strings.Join(append(r.Args, r.Environ...), "\n"); strings.Contains(told, "SECRET") || strings.Contains(strings.ToUpper(told), "\nOKTA_") || !slices.Contains(r.Environ, "NOT_OKTA_=kept") {
		t.Errorf("the opener is told too much, or too little:\n%s", told)
	}
	if !r.Quiet || !r.Apart {
		t.Errorf("the opener has our input or output (%v), or is in our session (%v)", !r.Quiet, !r.Apart)
	}
	done()
	done()
	if left := names(t, p.home); len(left) != 0 {
		t.Errorf("%q is left", left)
	}
}

func TestNoTwoFilesHaveOneName(t *testing.T) {
	t.Parallel()
	p := newPlace(t, "0")
	for range 2 {
		if _, err := p.Open(address); err != nil {
			t.Fatal(err)
		}
	}
	if files := names(t, p.home); len(files) != 2 {
		t.Errorf("two addresses are in %q", files)
	}
}

// A program that is killed cannot remove its file.
func TestWhatWasLeftADayAgoIsRemoved(t *testing.T) {
	t.Parallel()
	p := newPlace(t, "0")
	for name, age := range map[string]time.Duration{
		"okta-mcp-approval-OLD.html": 25 * time.Hour, "okta-mcp-approval-YOUNG.html": 23 * time.Hour, "okta-mcp-approval-notes.txt": 25 * time.Hour, "mine.html": 25 * time.Hour,
	} {
		file, then := filepath.Join(p.home, name), time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	done, err := p.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	done()
	if left := names(t, p.home); !slices.Equal(left, []string{"mine.html", "okta-mcp-approval-YOUNG.html", "okta-mcp-approval-notes.txt"}) {
		t.Errorf("%q is left", left)
	}
}

func TestTheFileIsWhereBrowsersCanReadIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		os   string
		home string // "" is none, "missing" cannot be written to
		want string
	}{
		"home": {"linux", "home", "home"}, "runtime directory": {"linux", "missing", "run"}, "no home": {"freebsd", "", "run"},
		"macOS": {"darwin", "home", "temp"}, "Windows": {"windows", "home", "temp"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, "0")
			p.OS = c.os
			dirs := map[string]string{"home": p.home, "missing": filepath.Join(p.home, "missing"), "run": t.TempDir(), "temp": p.TempDir}
			p.Environ = append(p.Environ, "HOME="+dirs[c.home], "XDG_RUNTIME_DIR="+dirs["run"])
			if _, err := p.Open(address); err != nil {
				t.Fatal(err)
			}
			if args := p.read().Args; filepath.Dir(args[len(args)-1]) != dirs[c.want] {
				t.Errorf("the file is %s, want it in the %s directory %s", args[len(args)-1], c.want, dirs[c.want])
			}
		})
	}
}

func TestErrorsNameNeitherTheAddressNorTheFile(t *testing.T) {
	t.Parallel()
	for want, put := range map[string]func(*place){
		"failed: exit status 3":        func(p *place) { p.Environ = append(p.Environ, "TEST_OPENER=3") },
		"starting gone: no such file":  func(p *place) { p.Find = func(string) (string, error) { return filepath.Join(p.home, "gone"), nil } },
		"no such file or directory":    func(p *place) { p.Environ = append(p.Environ, "HOME="+filepath.Join(p.home, "missing")) },
		"there is no directory for it": func(p *place) { p.Environ = append(p.Environ, "HOME=") },
		"xdg-open, which opens the browser, was not found": func(p *place) {
			p.Find = func(string) (string, error) { return "", &exec.Error{Name: p.home, Err: exec.ErrNotFound} }
		},
		"no display is set": func(p *place) { p.Environ = append(p.Environ, "DISPLAY=") },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, "0")
			put(&p)
			done, err := p.Open(address)
			if err == nil || done != nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), `/\`) || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("the error is %v, want %q", err, want)
			}
			if left := names(t, p.home); len(left) != 0 {
				t.Errorf("%q is left", left)
			}
		})
	}
}

// The opener can be the browser itself, and run as long as the person likes.
func TestAnOpenerThatStaysIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := newPlace(t, "stay")
	gate := filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	p.Environ = append(p.Environ, "TEST_GATE="+gate)
	p.Wait = time.Millisecond
	done, err := p.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(gate, os.O_WRONLY, 0) // waits for the opener, and lets it end
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	done()
	if r := p.read(); len(r.Args) != 1 {
		t.Errorf("the opener is started with %q", r.Args)
	} // that it is waited for, goleak tells
}

func TestWhereADesktopIsAtHand(t *testing.T) {
	t.Parallel()
	const none = "no display is set (give the server DISPLAY or WAYLAND_DISPLAY in the client's configuration)"
	for name, c := range map[string]struct {
		os      string
		environ []string
		missing bool // the opener
		why     string
	}{
		"X":                            {os: "linux", environ: []string{"DISPLAY=:0"}},
		"Wayland":                      {os: "freebsd", environ: []string{"WAYLAND_DISPLAY=wayland-0"}},
		"X over SSH":                   {os: "linux", environ: []string{"DISPLAY=localhost:10.0", "SSH_CONNECTION=1"}},
		"nothing":                      {os: "linux", environ: []string{"HOME=/"}, why: none},
		"an empty display":             {os: "linux", environ: []string{"DISPLAY=:0", "DISPLAY="}, why: none},
		"SSH":                          {os: "linux", environ: []string{"SSH_CONNECTION=1"}, why: "this is a remote session"},
		"X of another over SSH":        {os: "linux", environ: []string{"DISPLAY=:0", "SSH_CONNECTION=1"}, why: "this is a remote session"},
		"SSH terminal":                 {os: "linux", environ: []string{"SSH_TTY=1"}, why: "this is a remote session"},
		"no opener":                    {os: "linux", environ: []string{"DISPLAY=:0"}, missing: true, why: "xdg-open, which opens the browser, was not found"},
		"macOS":                        {os: "darwin"},
		"macOS over SSH":               {os: "darwin", environ: []string{"SSH_TTY=1", "DISPLAY=:0"}, why: "this is a remote session"},
		"macOS without open":           {os: "darwin", missing: true, why: "open, which opens the browser, was not found"},
		"Windows":                      {os: "windows", environ: []string{"systemroot=/Windows"}},
		"Windows over SSH":             {os: "windows", environ: []string{"ssh_connection=1"}, why: "this is a remote session"},
		"a system that nobody has met": {os: "plan9", environ: []string{"DISPLAY=:0"}, why: "how a browser is opened on plan9 is not known"},
	} {
		var sought string
		d := desktop.Desktop{OS: c.os, Environ: c.environ, RunDir: t.TempDir(), Find: func(program string) (string, error) {
			sought = program
			if c.missing {
				return "", exec.ErrNotFound
			}
			return filepath.Join("/bin", filepath.Base(program)), nil
		}}
		if ok, why := d.AtHand(); ok != (c.why == "") || why != c.why {
			t.Errorf("%s: %v %q, want %q", name, ok, why, c.why)
		}
		want := map[string]string{"linux": "xdg-open", "freebsd": "xdg-open", "darwin": "/usr/bin/open", "windows": "rundll32.exe", "plan9": ""}[c.os]
		if name == "Windows" {
			want = filepath.Join("/Windows", "System32", want)
		}
		if sought != want {
			t.Errorf("%s: %q is sought, want %q", name, sought, want)
		}
	}
}

func TestAnOpenerInTheWorkingDirectoryIsNotTrusted(t *testing.T) {
	t.Parallel()
	d := desktop.Desktop{OS: "linux", Environ: []string{"DISPLAY=:0"}, Find: func(string) (string, error) { return "./xdg-open", nil }}
	if ok, _ := d.AtHand(); ok {
		t.Error("an opener with a relative path is taken")
	}
	if _, err := d.Open(address); err == nil {
		t.Error("an opener with a relative path is started")
	}
}

// MCP clients start servers with next to nothing of the person's environment.
func TestAWaylandDisplayIsFoundByItsSocket(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sockets []string
		environ bool // the runtime directory is in the environment
		want    []string
	}{
		"by user":             {[]string{"wayland-0"}, false, []string{"WAYLAND_DISPLAY=wayland-0", "XDG_RUNTIME_DIR=DIR"}},
		"by environment":      {[]string{"wayland-0", "wayland-1"}, true, []string{"WAYLAND_DISPLAY=wayland-0", "XDG_RUNTIME_DIR=DIR"}},
		"second, with a bus":  {[]string{"wayland-1", "bus"}, false, []string{"WAYLAND_DISPLAY=wayland-1", "XDG_RUNTIME_DIR=DIR", "DBUS_SESSION_BUS_ADDRESS=unix:path=DIR/bus"}},
		"no socket of a name": {[]string{"wayland-x", "bus"}, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, "0")
			p.RunDir = shortDir(t)
			dir := filepath.Join(p.RunDir, strconv.Itoa(p.UID))
			p.Environ = append(p.Environ, "DISPLAY=")
			if c.environ {
				dir = filepath.Join(p.RunDir, "elsewhere")
				p.Environ = append(p.Environ, "XDG_RUNTIME_DIR="+dir)
			}
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, socket := range c.sockets {
				listener, err := net.Listen("unix", filepath.Join(dir, socket))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = listener.Close() })
			}
			if ok, why := p.AtHand(); ok != (c.want != nil) {
				t.Fatalf("at hand: %v %s", ok, why)
			}
			if c.want == nil {
				return
			}
			if _, err := p.Open(address); err != nil {
				t.Fatal(err)
			}
			environ := p.read().Environ
			for _, entry := range c.want {
				if entry = strings.ReplaceAll(entry, "=DIR", "="+dir); !slices.Contains(environ, entry) {
					t.Errorf("the opener's environment lacks %s:\n%s", entry, strings.Join(environ, "\n"))
				}
			}
			if has := slices.ContainsFunc(environ, func(e string) bool { return strings.HasPrefix(e, "DBUS_") }); has != (len(c.want) == 3) {
				t.Errorf("the opener is given a bus: %v", has)
			}
			p.Environ = append(p.Environ, "SSH_TTY=/dev/pts/1")
			if ok, why := p.AtHand(); ok || why != "this is a remote session" {
				t.Errorf("somebody else's screen is taken for that of a remote session: %v %s", ok, why)
			}
			p.Environ = append(p.Environ, "SSH_TTY=", "XDG_RUNTIME_DIR="+dir)
			p.UID++
			if ok, _ := p.AtHand(); ok {
				t.Error("another user's socket is taken")
			}
		})
	}
}

// shortDir is a directory whose sockets' paths fit: they have 104 bytes at most.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "d")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestAFileIsNoWaylandDisplay(t *testing.T) {
	t.Parallel()
	p := newPlace(t, "0")
	p.Environ = []string{"XDG_RUNTIME_DIR=" + p.home}
	if err := os.WriteFile(filepath.Join(p.home, "wayland-0"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if ok, _ := p.AtHand(); ok {
		t.Error("a file is taken for a display")
	}
}

func TestThisIsTheDesktopOfTheProcess(t *testing.T) {
	t.Parallel()
	d := desktop.This()
	if d.UID != os.Getuid() || !slices.Equal(d.Environ, os.Environ()) || d.Wait < time.Second {
		t.Errorf("this desktop is %+v", d)
	}
	if _, err := d.Find("a program that nobody has"); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("a program that nobody has: %v", err)
	}
	here, whyHere := desktop.AtHand()
	if ok, why := d.AtHand(); ok != here || why != whyHere {
		t.Errorf("the package says %v %q, its desktop %v %q", here, whyHere, ok, why)
	}
}
