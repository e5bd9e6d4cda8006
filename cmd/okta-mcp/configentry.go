package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"okta-mcp/cmd/internal/clients"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/wiring"
)

// givenFlag is a setting as the command line has it.
type givenFlag struct {
	flag, value string
	isBool      bool
}

// recordFlags keeps what the settings' flags are given, in that order.
func recordFlags(flags *pflag.FlagSet) *[]givenFlag {
	var given []givenFlag
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Annotations != nil { // not one of this command's own
			flag.Value = recorded{flag.Value, givenFlag{flag: flag.Name, isBool: flag.NoOptDefVal != ""}, &given}
		}
	})
	return &given
}

type recorded struct {
	pflag.Value
	as    givenFlag
	given *[]givenFlag
}

func (r recorded) Set(value string) error {
	err := r.Value.Set(value)
	if err == nil {
		r.as.value = value
		*r.given = append(*r.given, r.as)
	}
	return err
}

// newEntry makes the entry of what was given here.
func newEntry(t terminal, client clients.Client, s settings.Settings, given []givenFlag, variables []settings.Variable, o configOptions) (clients.Entry, error) {
	if err := enough(s); err != nil {
		return clients.Entry{}, err
	}
	program, err := thisProgram()
	if err != nil {
		return clients.Entry{}, err
	}
	entry := clients.Entry{Command: program, Args: []string{"serve"}, Env: map[string]string{}}
	for _, g := range given {
		argument, err := argumentOf(g, o)
		if err != nil {
			return clients.Entry{}, err
		}
		entry.Args = append(entry.Args, argument)
	}
	for _, v := range variables {
		if err := addVariable(t, entry.Env, s, v); err != nil {
			return clients.Entry{}, err
		}
	}
	if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) && (!s.Demo || s.Profile != "") { // where the profiles and the sign-ins are
		entry.Env["XDG_CONFIG_HOME"] = dir
	}
	if err := client.Check(entry); err != nil {
		return clients.Entry{}, &settings.Error{Name: "okta-mcp config", Problem: err.Error()}
	}
	warn(t, entry, given)
	return entry, nil
}

// enough refuses an entry that could not start.
func enough(s settings.Settings) error {
	switch {
	case !s.Demo && s.OrgURL == "":
		return needed("org-url")
	case !s.Demo && s.ClientID == "":
		return needed("client-id")
	}
	return ofAClient(s.Profile)
}

// ofAClient refuses a profile of a server that no client starts: it would listen
// instead of answering.
func ofAClient(profile string) error {
	if profile == "" {
		return nil
	}
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	s := settings.RegisterServing(flags)
	if err := flags.Set("profile", profile); err != nil {
		return err
	}
	unsaid := func(name string) (string, bool) { // the entry passes no others of serve alone on
		if strings.HasPrefix(name, "OKTA_") {
			return "", false
		}
		return os.LookupEnv(name)
	}
	if err := s.Load(flags, unsaid); err != nil {
		return err
	}
	if s.Network.Remote() {
		return &settings.Error{Name: "--profile", Problem: fmt.Sprintf("%s serves over a network (transport: %s), where no client starts it", profile, s.Network.Transport), Example: "a profile without transport"}
	}
	return nil
}

func needed(flag string) error {
	err := settings.Missing(flag)
	var missing *settings.Error
	if errors.As(err, &missing) {
		missing.Problem += " (a --profile can give it, and --demo needs none)"
	}
	return err
}

// argumentOf is a flag as the server gets it, which is started in another
// directory. What lets calls run unasked is not put into a file that nobody looks
// at: a person reads the difference.
func argumentOf(g givenFlag, o configOptions) (string, error) {
	if o.yes && slices.Contains([]string{"approve", "allow-secrets", "policy"}, g.flag) { // a policy approves too
		return "", &settings.Error{Name: "--" + g.flag, Problem: "not with --yes: a person reads at a terminal what is about to run unasked", Example: "--install alone"}
	}
	if settings.NamesFile(g.flag) {
		path, err := filepath.Abs(g.value)
		if err != nil {
			return "", err
		}
		g.value = path
	}
	if g.isBool && g.value == "true" {
		return "--" + g.flag, nil
	}
	return "--" + g.flag + "=" + g.value, nil
}

// addVariable passes a variable on, unless it is a secret or of no use.
func addVariable(t terminal, env map[string]string, s settings.Settings, v settings.Variable) error {
	switch {
	case s.Demo && (v.Flag == "" || settings.OfAnOrg(v.Flag)):
		return nil
	case v.Name == "OKTA_PRIVATE_KEY":
		return &settings.Error{Name: v.Name, Problem: "set here, and a secret is not copied into a client's file; unset it, and name the key's file", Example: "OKTA_PRIVATE_KEY_FILE=/etc/okta-mcp/key.pem, or private_key_file in a profile"}
	case v.Flag == "":
		fmt.Fprintf(t.stderr, "okta-mcp: %s is a secret and was not copied: the client's own environment must have it\n", v.Name)
		return nil
	case settings.NamesFile(v.Flag):
		path, err := filepath.Abs(v.Value)
		if err != nil {
			return err
		}
		v.Value = path
	}
	env[v.Name] = v.Value
	return nil
}

// warn tells what a person should know about an entry before using it.
func warn(t terminal, entry clients.Entry, given []givenFlag) {
	if temporary(entry.Command) {
		fmt.Fprintf(t.stderr, "okta-mcp: %s is in a directory for temporary files and will be gone some day; install okta-mcp, and run this with that\n", entry.Command)
	}
	for _, g := range given {
		if settings.FlagOnly(g.flag) {
			fmt.Fprintf(t.stderr, "okta-mcp: --%s stands in a file of the client: whoever can write that, an agent with file tools included, can widen it or leave --policy out; the machine's policy file is beyond them\n", g.flag)
			return
		}
	}
}

// thisProgram is the absolute path of this program as it was called. A link in it
// is kept: upgrades move what it leads to.
func thisProgram() (string, error) {
	actual, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	if called, err := exec.LookPath(os.Args[0]); err == nil {
		if called, err = filepath.Abs(called); err == nil && sameFile(called, actual) {
			return called, nil
		}
	}
	return actual, nil
}

func sameFile(one, other string) bool {
	a, errA := os.Stat(one) //nolint:gosec // this program, under the name it was called by
	b, errB := os.Stat(other)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// temporary reports whether the program is below the directory for temporary
// files, where go run builds too.
func temporary(program string) bool {
	dir, errDir := filepath.EvalSymlinks(os.TempDir())
	target, err := filepath.EvalSymlinks(program)
	return errDir == nil && err == nil && (below(dir, program) || below(dir, target))
}

func below(dir, path string) bool {
	relative, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(relative)
}

// visible is text of a file with what would act on a terminal escaped, but for the
// tabs that indent it.
func visible(text string) string {
	parts := strings.Split(text, "\t")
	for i, part := range parts {
		parts[i] = wiring.Inert(errors.New(part))
	}
	return strings.Join(parts, "\t")
}

func readLine(in io.Reader) string {
	line, _ := bufio.NewReader(in).ReadString('\n') // what comes before the end of input counts
	return strings.ToLower(strings.TrimSpace(line))
}
