package settings

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Register adds the flags to a command and returns the settings that Load fills:
// all but those of serve alone, or only those named.
func Register(flags *pflag.FlagSet, only ...string) *Settings {
	return register(flags, func(row setting) bool {
		return !row.serving && (len(only) == 0 || slices.Contains(only, row.flag))
	})
}

// RegisterServing is Register for serve: it adds them all.
func RegisterServing(flags *pflag.FlagSet) *Settings {
	return register(flags, func(setting) bool { return true })
}

func register(flags *pflag.FlagSet, wanted func(setting) bool) *Settings {
	flags.SortFlags = false // what belongs together stands together in --help
	s := &Settings{}
	for _, row := range table() {
		if row.flag == "" || !wanted(row) {
			continue
		}
		usage := row.usage
		if !row.flagOnly {
			usage += " [" + strings.Join(row.variables(), ", ") + "]"
		}
		value := &value{row: row, settings: s}
		flags.VarPF(value, row.flag, "", usage).Annotations = map[string][]string{ours: {}}
		if row.isBool {
			flags.Lookup(row.flag).NoOptDefVal = "true"
		}
	}
	return s
}

// Load fills what no flag has set from the environment, and what neither has from
// the profile chosen. getenv is os.LookupEnv outside tests.
func (s *Settings) Load(flags *pflag.FlagSet, getenv func(string) (string, bool)) error {
	given := map[string]bool{}
	for _, row := range table() {
		if !row.taken(flags) {
			given[row.flag] = true // so that no profile gives it
			continue
		}
		key := row.key()
		given[key] = given[key] || flags.Changed(key)
		for _, name := range row.variables() {
			value, ok := getenv(name)
			if !ok || value == "" && !row.required {
				continue
			}
			if row.flagOnly {
				return &Error{Name: name, Problem: "not read from the environment, where an agent could set it; give --" + row.flag + " on the command line"}
			}
			if row.flag != "" && flags.Changed(row.flag) {
				break
			}
			if err := row.set(s, value); err != nil {
				return &Error{Name: name, Problem: err.Error(), Example: row.example}
			}
			given[key] = true
			break
		}
	}
	if flags.Lookup("profile") == nil {
		return nil
	}
	s.Home = homeOf(getenv)
	return s.adopt(ConfigFile(getenv), given)
}

// key is the flag of a setting, also where it is given by a variable alone: a
// private key stands for its file.
func (row setting) key() string {
	if row.variable == "OKTA_PRIVATE_KEY" {
		return "private-key-file"
	}
	return cmp.Or(row.flag, row.variable)
}

// taken reports whether the command takes the setting. One without a flag, the
// private key, goes with its file. A flag of the command's own is none of ours,
// though it may be called the same.
func (row setting) taken(flags *pflag.FlagSet) bool {
	flag := flags.Lookup(cmp.Or(row.flag, "private-key-file"))
	if flag == nil {
		return false
	}
	return flag.Annotations[ours] != nil
}

// ours marks the flags of settings, also where a command has wrapped their values.
const ours = "okta-mcp/setting"

// variables lists the environment variables of a setting, the first given wins.
func (row setting) variables() []string {
	var names []string
	if row.flag != "" {
		names = append(names, "OKTA_MCP_"+strings.ToUpper(strings.ReplaceAll(row.flag, "-", "_")))
	}
	if row.variable != "" {
		names = append(names, row.variable)
	}
	return names
}

// FlagError turns pflag's report of a malformed flag into one line of ours.
func FlagError(err error) error {
	var invalid *pflag.InvalidValueError
	var bad *Error
	switch {
	case errors.As(err, &bad):
		return bad
	case errors.As(err, &invalid):
		return &Error{Name: "--" + invalid.GetFlag().Name, Problem: fmt.Sprintf("malformed: %q", invalid.GetValue()), Example: invalid.GetFlag().DefValue}
	}
	return &Error{Name: "the command line", Problem: err.Error() + "; --help lists the flags"}
}

// value makes a setting a flag.
type value struct {
	row      setting
	settings *Settings
	given    string
}

func (v *value) Set(given string) error {
	v.given = given
	if err := v.row.set(v.settings, given); err != nil {
		return &Error{Name: "--" + v.row.flag, Problem: err.Error(), Example: v.row.example}
	}
	return nil
}

func (v *value) String() string { return v.given }

func (v *value) Type() string {
	if v.row.isBool {
		return "bool"
	}
	return "value"
}
