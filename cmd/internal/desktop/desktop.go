// Package desktop shows an address to the person whose desktop this program runs
// on.
//
// It refuses to be a way to open just anything: it is made for addresses that
// are secrets. They stand in no command line, environment, output or error,
// since other users of the machine, or an agent, could read those.
package desktop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Desktop is what is known of the surroundings; This returns the real ones.
type Desktop struct {
	OS      string   // as runtime.GOOS
	Environ []string // of this process, as "NAME=value"
	UID     int
	RunDir  string                            // where the users' runtime directories are
	TempDir string                            // for files that this user alone can read
	Find    func(name string) (string, error) // as exec.LookPath
	Wait    time.Duration                     // how long an opener is watched for a failure
}

// This is the desktop of this process.
func This() Desktop {
	return Desktop{
		OS: runtime.GOOS, Environ: os.Environ(), UID: os.Getuid(), RunDir: "/run/user", TempDir: os.TempDir(),
		Find: exec.LookPath, Wait: 2 * time.Second,
	}
}

// AtHand reports whether a person's desktop is at hand here, and otherwise why
// not, as the end of a sentence.
func AtHand() (ok bool, why string) { return This().AtHand() }

// Open shows the address in the person's browser: see Desktop.Open.
func Open(address string) (done func(), err error) { return This().Open(address) }

// AtHand is the package's AtHand, here.
func (d Desktop) AtHand() (ok bool, why string) {
	if _, _, err := d.opener(); err != nil {
		return false, err.Error()
	}
	if _, err := d.display(); err != nil {
		return false, err.Error()
	}
	return true, ""
}

// Open shows the address in the browser that opens HTML files. It writes the
// address into a file that only this user can read, and starts the platform's
// opener on it; done removes the file, and may be called more than once. An error
// names neither the address nor the file.
func (d Desktop) Open(address string) (done func(), err error) {
	program, args, err := d.opener()
	if err != nil {
		return nil, err
	}
	session, err := d.display()
	if err != nil {
		return nil, err
	}
	path, err := d.handOver(address)
	if err != nil {
		return nil, err
	}
	done = func() { _ = os.Remove(path) }
	// No context: what is opened outlives the question.
	command := exec.Command(program, append(args, path)...) //nolint:gosec,noctx // the platform's opener, found by its name, on our own file
	command.Env = append(withoutSecrets(d.Environ), session...)
	detach(command)
	if err := d.run(command); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

// run starts the opener, which outlives this call where it is the browser itself,
// and fails if it does within d.Wait.
func (d Desktop) run(command *exec.Cmd) error {
	name := strings.TrimSuffix(filepath.Base(command.Path), ".exe")
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", name, nameless(err))
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	patience := time.NewTimer(d.Wait)
	defer patience.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s, which opens the browser, failed: %w", name, err)
		}
	case <-patience.C:
	}
	return nil
}

// opener returns the platform's program that opens files, and its first arguments.
func (d Desktop) opener() (program string, args []string, err error) {
	switch d.OS {
	case "linux", "freebsd":
		program = "xdg-open"
	case "darwin":
		program = "/usr/bin/open"
	case "windows":
		program, args = "rundll32.exe", []string{"url.dll,FileProtocolHandler"}
		if root := d.variable("SystemRoot"); root != "" {
			program = filepath.Join(root, "System32", program)
		}
	default:
		return "", nil, fmt.Errorf("how a browser is opened on %s is not known", d.OS)
	}
	found, err := d.Find(program)
	if err != nil || !filepath.IsAbs(found) { // one found from the working directory could be anybody's
		return "", nil, fmt.Errorf("%s, which opens the browser, was not found", filepath.Base(program))
	}
	return found, args, nil
}

// display returns what must be added to a child's environment for it to reach
// the person's desktop, or why there is none.
func (d Desktop) display() (add []string, err error) {
	remote := d.variable("SSH_CONNECTION") != "" || d.variable("SSH_TTY") != ""
	unix := d.OS != "darwin" && d.OS != "windows"
	// A remote session has its own person's screen only where that is forwarded;
	// any other is that of whoever sits at this machine.
	forwarded, _, _ := strings.Cut(d.variable("DISPLAY"), ":")
	switch {
	case remote && !(unix && forwarded != ""):
		return nil, errors.New("this is a remote session")
	case !unix, d.variable("DISPLAY") != "", d.variable("WAYLAND_DISPLAY") != "":
		return nil, nil
	}
	if add := d.wayland(); add != nil {
		return add, nil
	}
	return nil, errors.New("no display is set (give the server DISPLAY or WAYLAND_DISPLAY in the client's configuration)")
}

// wayland finds this user's Wayland display by its socket: MCP clients start
// servers with next to nothing of their own environment.
func (d Desktop) wayland() []string {
	for _, dir := range []string{d.variable("XDG_RUNTIME_DIR"), filepath.Join(d.RunDir, strconv.Itoa(d.UID))} {
		if !filepath.IsAbs(dir) {
			continue
		}
		for _, name := range []string{"wayland-0", "wayland-1"} {
			if !d.ownSocket(filepath.Join(dir, name)) {
				continue
			}
			add := []string{"WAYLAND_DISPLAY=" + name, "XDG_RUNTIME_DIR=" + dir}
			if bus := filepath.Join(dir, "bus"); d.ownSocket(bus) {
				add = append(add, "DBUS_SESSION_BUS_ADDRESS=unix:path="+bus)
			}
			return add
		}
	}
	return nil
}

func (d Desktop) ownSocket(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == fs.ModeSocket && owner(info) == d.UID
}

// variable returns the value that a child would see: the last.
func (d Desktop) variable(name string) string {
	for i := len(d.Environ) - 1; i >= 0; i-- {
		if key, value, _ := strings.Cut(d.Environ[i], "="); key == name || d.OS == "windows" && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// withoutSecrets leaves out our settings, some of which are secrets: a browser
// would pass them on to all that it starts.
func withoutSecrets(environ []string) []string {
	kept := []string{} // not nil, which would mean our own
	for _, entry := range environ {
		if !strings.HasPrefix(strings.ToUpper(entry), "OKTA_") {
			kept = append(kept, entry)
		}
	}
	return kept
}

// nameless returns what went wrong without the file that it went wrong with.
func nameless(err error) error {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err
	}
	return err
}
