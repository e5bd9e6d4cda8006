// Package settings is what the operator says at start: flags and environment
// variables, checked one by one.
//
// A flag wins over its OKTA_MCP_ variable, which wins over the variable that
// Okta's own server reads, which wins over a profile of the configuration file. It
// refuses to guess: what is missing or malformed is
// one line naming the setting, what was wrong, and what a right one looks like.
package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"okta-mcp/tools"
)

// Settings are everything an operator can set.
type Settings struct {
	Profile string // the one that was taken; empty: none

	OrgURL         string
	ClientID       string
	Scopes         []string
	PrivateKey     string
	PrivateKeyFile string
	KeyID          string
	DPoP           string // "auto", "always" or "never"; empty: not said
	StoreKey       string // what the file with people's sign-ins is encrypted with
	Home           string // directory of our own files; empty where there is no home

	Toolsets []string
	Tools    []string
	Exclude  []string
	ReadOnly bool

	Approve        []string
	AllowSecrets   bool
	Protect        []string
	Policy         string
	Ask            string // "auto", "client", "browser" or "none"; empty: not said
	AskTimeout     time.Duration
	MaxResultBytes int

	LogLevel  *slog.Level // nil: not said
	LogFile   string
	LogFormat string // "text" or LogJSON; empty: not said, which is text

	AuditFile     string
	AuditMaxBytes int

	Network Network // of serve alone

	Demo     bool
	DemoSize int
	DemoNow  time.Time
}

// setting is one row: how it is given, what it means, how it is read.
type setting struct {
	flag     string // without dashes; empty: variable only
	variable string // what Okta's own server calls it; empty: only OKTA_MCP_…
	flagOnly bool   // never from a variable
	serving  bool   // of serve alone
	required bool   // who may call: an empty variable is an error, and not as if there were none
	isBool   bool
	usage    string
	example  string
	values   []string // what it can be, where that is a few words
	set      func(*Settings, string) error
}

// choice is a setting that is one of a few words.
func choice(row setting, field func(*Settings) *string, values ...string) setting {
	row.values = values
	row.set = func(s *Settings, v string) (err error) {
		*field(s), err = oneOf(v, values...)
		return err
	}
	return row
}

func table() []setting {
	return slices.Concat(identity(), consent(), running(), network())
}

func identity() []setting {
	return []setting{
		{flag: "profile", usage: "profile of the configuration file to take settings from (default the one named default)", example: "acme",
			set: func(s *Settings, v string) error { s.Profile = v; return notEmpty(v, "profile") }},
		{flag: "org-url", variable: "OKTA_ORG_URL", usage: "the org's address", example: "https://acme.okta.com",
			set: func(s *Settings, v string) error { s.OrgURL = strings.TrimRight(v, "/"); return checkURL(v) }},
		{flag: "client-id", variable: "OKTA_CLIENT_ID", usage: "client id of the Okta app", example: "0oa1ab2c3D4E5f6G7h8i",
			set: func(s *Settings, v string) error { s.ClientID = v; return oneWord(v) }},
		{flag: "scopes", variable: "OKTA_SCOPES", usage: "scopes to ask for; by default what the selected tools need", example: `"okta.users.read okta.groups.read"`,
			set: func(s *Settings, v string) error { s.Scopes = list(v, " ,"); return checkScopes(s.Scopes) }},
		{variable: "OKTA_PRIVATE_KEY", usage: "the app's private key: PEM (line ends may be \\n) or JWK", example: "-----BEGIN PRIVATE KEY-----\\n…",
			set: func(s *Settings, v string) error { s.PrivateKey = v; return nil }},
		{flag: "private-key-file", variable: "OKTA_PRIVATE_KEY_FILE", usage: "file with the app's private key", example: "/etc/okta-mcp/key.pem",
			set: func(s *Settings, v string) error { s.PrivateKeyFile = v; return notAKey(v) }},
		{flag: "key-id", variable: "OKTA_KEY_ID", usage: "kid of the key, when a PEM key is one of several", example: "4F9kMvx1…",
			set: func(s *Settings, v string) error { s.KeyID = v; return oneWord(v) }},
		choice(setting{flag: "dpop", usage: "bind tokens to a key of this process (RFC 9449): auto, always or never (default auto: when the org asks for it)", example: "auto"},
			func(s *Settings) *string { return &s.DPoP }, "auto", "always", "never"),
		{variable: "OKTA_MCP_STORE_KEY", usage: "where there is no keyring: key of the encrypted file that keeps a person's sign-in", example: "what `openssl rand -base64 32` prints",
			set: func(s *Settings, v string) error { s.StoreKey = v; return nil }},
		{flag: "toolsets", usage: "toolsets to offer: all, default or names, comma-separated", example: "users,groups",
			set: func(s *Settings, v string) (err error) { s.Toolsets, err = named(v, ","); return err }},
		{flag: "tools", usage: "tools to offer: names or globs; alone it replaces the default toolsets", example: "list_*,get_*",
			set: func(s *Settings, v string) (err error) { s.Tools, err = globs(v); return err }},
		{flag: "exclude-tools", usage: "tools to leave out: names or globs", example: "delete_*",
			set: func(s *Settings, v string) (err error) { s.Exclude, err = globs(v); return err }},
		{flag: "read-only", isBool: true, usage: "offer nothing that changes the org", example: "true",
			set: func(s *Settings, v string) (err error) { s.ReadOnly, err = boolean(v); return err }},
	}
}

func consent() []setting {
	return []setting{
		{flag: "approve", flagOnly: true, usage: "tool that may run unasked, with a budget of targets an hour (default 10)", example: "deactivate_user=20",
			set: func(s *Settings, v string) error { s.Approve = append(s.Approve, list(v, ",")...); return nil }},
		{flag: "allow-secrets", flagOnly: true, isBool: true, usage: "let passwords pass through the model", example: "true",
			set: func(s *Settings, v string) (err error) { s.AllowSecrets, err = boolean(v); return err }},
		{flag: "protect", usage: "logins, ids or group names that are never changed without a typed confirmation; ids where a name holds a comma", example: "ceo@acme.com,Executives",
			set: func(s *Settings, v string) error { s.Protect = append(s.Protect, list(v, ",")...); return nil }},
		{flag: "policy", flagOnly: true, usage: "file with the operator's bounds: what is denied, asked, approved, and how much an hour", example: "/etc/okta-mcp/servers/hr.yaml",
			set: func(s *Settings, v string) error { return onePolicy(s, v) }},
		choice(setting{flag: "ask", usage: "how a person is asked: auto, client, browser or none (default auto: by the MCP client, and on a page in the browser where it cannot ask)", example: "auto"},
			func(s *Settings) *string { return &s.Ask }, "auto", "client", "browser", "none"),
		{flag: "ask-timeout", usage: "how long a question waits for a person (default 5m)", example: "5m",
			set: func(s *Settings, v string) (err error) {
				s.AskTimeout, err = duration(v, time.Second, time.Hour)
				return err
			}},
		{flag: "max-result-bytes", usage: "most bytes of one answer (default 49152)", example: "49152",
			set: func(s *Settings, v string) (err error) { s.MaxResultBytes, err = within(v, 4096, 4<<20); return err }},
	}
}

func running() []setting {
	return []setting{
		{flag: "log-level", variable: "OKTA_LOG_LEVEL", usage: "DEBUG, INFO, WARNING or ERROR (default INFO when serving, otherwise WARNING)", example: "INFO", values: []string{"DEBUG", "INFO", "WARNING", "ERROR"},
			set: func(s *Settings, v string) error { l, err := level(v); s.LogLevel = &l; return err }},
		{flag: "log-file", variable: "OKTA_LOG_FILE", usage: "log to this file instead of standard error", example: "/var/log/okta-mcp.log",
			set: func(s *Settings, v string) error { s.LogFile = v; return nil }},
		choice(setting{flag: "log-format", usage: "text, or json: one object a line, errors of the command among them (default text)", example: "json"},
			func(s *Settings) *string { return &s.LogFormat }, "text", LogJSON),
		{flag: "audit-file", usage: "keep a record of every call in this file; changes are refused while it cannot be written", example: "/var/log/okta-mcp/audit.jsonl",
			set: func(s *Settings, v string) error { s.AuditFile = v; return nil }},
		{flag: "audit-max-bytes", usage: "size from which the record goes on in a new file, the old ones being numbered (default 67108864)", example: "67108864",
			set: func(s *Settings, v string) (err error) { s.AuditMaxBytes, err = within(v, 4096, 1<<30); return err }},
		{flag: "demo", isBool: true, usage: "work on a made-up org inside this program instead of a real one", example: "true",
			set: func(s *Settings, v string) (err error) { s.Demo, err = boolean(v); return err }},
		{flag: "demo-size", usage: "how many people the made-up org has, 10 to 100000 (default 250)", example: "250",
			set: func(s *Settings, v string) (err error) { s.DemoSize, err = within(v, 10, 100_000); return err }},
		{flag: "demo-now", usage: "the instant at which the made-up org's history ends and its clock runs on", example: "2026-01-31T12:00:00Z",
			set: func(s *Settings, v string) (err error) { s.DemoNow, err = instant(v); return err }},
	}
}

// Error is a setting that is missing or malformed.
type Error struct {
	Name    string // as the operator would write it: "--org-url"
	Problem string
	Example string
}

func (e *Error) Error() string {
	if e.Example == "" {
		return e.Name + ": " + e.Problem
	}
	return fmt.Sprintf("%s: %s; a right one looks like %s", e.Name, e.Problem, e.Example)
}

// Missing returns the error for a setting that must be given.
func Missing(flag string) error { return about(flag, "missing") }

// about is a problem with the setting of that flag or variable.
func about(flag, problem string) error {
	for _, row := range table() {
		if row.flag == flag || row.variable == flag {
			return &Error{Name: row.name(), Problem: problem, Example: row.example}
		}
	}
	return &Error{Name: flag, Problem: problem}
}

// name is how the setting is written: the variable most people set, and the flag.
func (row setting) name() string {
	switch {
	case row.flag == "":
		return row.variable
	case row.variable != "":
		return row.variable + " (or --" + row.flag + ")"
	}
	return "--" + row.flag
}

// checkURL says what makes an address no org's, and repeats none of it: it may
// hold a password. Who signs in checks it once more, by the same rules.
func checkURL(v string) error {
	u, err := secureURL(v)
	switch {
	case err != nil:
		return err
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return errors.New("more than a host")
	case strings.Contains(strings.ToLower(u.Host), "-admin.okta"):
		return errors.New("the Admin Console's address, which has no API; leave out -admin")
	}
	return nil
}

// secureURL reads an address with which nobody on the way can meddle.
func secureURL(v string) (*url.URL, error) {
	u, err := url.Parse(v)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("not an address")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("not https, and plain http is for loopback addresses only")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("not an https address")
	}
	return u, nil
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback() || strings.EqualFold(host, "localhost")
}

// notAKey keeps a key that was given for the name of its file out of the error
// that there is no such file.
func notAKey(v string) error {
	if strings.Contains(v, "PRIVATE KEY") || strings.ContainsAny(v, "{\r\n") {
		return errors.New("a key, not the name of its file; a key goes into OKTA_PRIVATE_KEY")
	}
	return notEmpty(v, "file")
}

// notEmpty keeps a flag whose variable the shell did not know from choosing another
// identity: the default profile, or a person instead of the service app.
func notEmpty(v, what string) error {
	if strings.TrimSpace(v) == "" {
		return fmt.Errorf("names no %s", what)
	}
	return nil
}

// onePolicy takes the name of the one policy file. A name that came out empty, and
// a second that would push the first aside, would both leave bounds away unsaid.
func onePolicy(s *Settings, v string) error {
	switch {
	case strings.TrimSpace(v) == "":
		return errors.New("names no file")
	case s.Policy != "":
		return fmt.Errorf("given twice, %q and %q; one file holds all bounds", s.Policy, v)
	}
	s.Policy = v
	return nil
}

func oneWord(v string) error {
	if strings.ContainsAny(v, " \t\r\n") {
		return fmt.Errorf("contains white space")
	}
	return nil
}

func checkScopes(scopes []string) error {
	for _, scope := range scopes {
		if !strings.HasPrefix(scope, "okta.") {
			return fmt.Errorf("%q is not an Okta API scope", scope)
		}
	}
	return nil
}

// named splits a list that must name something: what selects nothing would
// otherwise mean the default.
func named(v, separators string) ([]string, error) {
	names := list(v, separators)
	if len(names) == 0 {
		return nil, fmt.Errorf("names nothing")
	}
	return names, nil
}

func globs(v string) ([]string, error) {
	patterns, err := named(v, ",")
	for _, pattern := range patterns {
		if _, bad := path.Match(pattern, ""); bad != nil {
			return nil, fmt.Errorf("%q is not a glob", pattern)
		}
	}
	return patterns, err
}

// list splits a value into its elements, without the white space around them.
func list(v, separators string) []string {
	var elements []string
	for _, element := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(separators, r) || r == '\n' }) {
		if element = strings.TrimSpace(element); element != "" {
			elements = append(elements, element)
		}
	}
	return elements
}

func boolean(v string) (bool, error) {
	b, err := strconv.ParseBool(v)
	if err != nil {
		return false, fmt.Errorf("neither true nor false: %q", v)
	}
	return b, nil
}

func oneOf(v string, values ...string) (string, error) {
	if !slices.Contains(values, v) {
		return "", fmt.Errorf("none of %s: %q", strings.Join(values, ", "), v)
	}
	return v, nil
}

func duration(v string, low, high time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil || d < low || d > high {
		return 0, fmt.Errorf("not a duration from %v to %v: %q", low, high, v)
	}
	return d, nil
}

func within(v string, low, high int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("not a number from %d to %d: %q", low, high, v)
	}
	return n, nil
}

func level(v string) (slog.Level, error) {
	switch strings.ToUpper(v) {
	case "DEBUG":
		return slog.LevelDebug, nil
	case "INFO":
		return slog.LevelInfo, nil
	case "WARNING", "WARN":
		return slog.LevelWarn, nil
	case "ERROR", "CRITICAL":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("no such level: %q", v)
}

func instant(v string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return t, fmt.Errorf("not an instant as in RFC 3339: %q", v)
	}
	return t, nil
}

// Selection is which tools the settings select.
func (s Settings) Selection() tools.Selection {
	return tools.Selection{Toolsets: s.Toolsets, Tools: s.Tools, Exclude: s.Exclude, ReadOnly: s.ReadOnly}
}

// LogJSON is the LogFormat for programs.
const LogJSON = "json"

// LogsObjects reports whether standard error is a log of one JSON object a line, and
// nothing else.
func (s Settings) LogsObjects() bool { return s.LogFormat == LogJSON && s.LogFile == "" }

// HasKey reports whether a private key is given, or was meant to be.
func (s Settings) HasKey() bool { return s.PrivateKey != "" || s.PrivateKeyFile != "" }

// Key returns the private key's text, from the variable or the file.
func (s Settings) Key() ([]byte, error) {
	switch {
	case s.PrivateKey != "" && s.PrivateKeyFile != "":
		return nil, &Error{Name: "OKTA_PRIVATE_KEY", Problem: "given together with --private-key-file; give one of them"}
	case s.PrivateKey != "":
		return []byte(s.PrivateKey), nil
	case s.PrivateKeyFile != "":
		data, err := os.ReadFile(s.PrivateKeyFile)
		if err != nil {
			return nil, &Error{Name: s.keyName(), Problem: err.Error(), Example: "/etc/okta-mcp/key.pem"}
		}
		return data, nil
	}
	return nil, &Error{Name: "OKTA_PRIVATE_KEY", Problem: "missing (and --private-key-file is not given)", Example: keyExample}
}

const keyExample = `"-----BEGIN PRIVATE KEY-----\n…"`

// KeyError is a private key that cannot be used, under the name it was given by.
func (s Settings) KeyError(problem error) error {
	return &Error{Name: s.keyName(), Problem: problem.Error(), Example: keyExample}
}

func (s Settings) keyName() string {
	if s.PrivateKeyFile != "" {
		return "OKTA_PRIVATE_KEY_FILE (or --private-key-file)"
	}
	return "OKTA_PRIVATE_KEY"
}
