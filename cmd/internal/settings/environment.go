package settings

import (
	"slices"

	"github.com/spf13/pflag"
)

// Variable is an environment variable that Load takes a setting from.
type Variable struct {
	Name, Value string
	Flag        string // of the same setting; empty: there is none, for its value is a secret
}

// Variables are those that Load takes settings from, given these flags.
func Variables(flags *pflag.FlagSet, getenv func(string) (string, bool)) []Variable {
	var taken []Variable
	for _, row := range table() {
		if !row.taken(flags) || row.flag != "" && flags.Changed(row.flag) {
			continue
		}
		for _, name := range row.variables() {
			if value, _ := getenv(name); value != "" {
				taken = append(taken, Variable{Name: name, Value: value, Flag: row.flag})
				break
			}
		}
	}
	return taken
}

// NamesFile reports whether the flag's value is the name of a file.
func NamesFile(flag string) bool {
	return slices.Contains([]string{"private-key-file", "policy", "log-file", "audit-file", "tls-cert", "tls-key"}, flag)
}

// Values are what the flag's value can be, where that is a few words. One that
// ends in = is the beginning of a value.
func Values(flag string) []string {
	for _, row := range table() {
		if row.flag == flag && row.isBool {
			return []string{"true", "false"}
		}
		if row.flag == flag {
			return row.values
		}
	}
	return nil
}

// FlagOnly reports whether the flag takes no variable, since an agent could set one.
func FlagOnly(flag string) bool {
	return slices.ContainsFunc(table(), func(row setting) bool { return row.flag == flag && row.flagOnly })
}

// OfAnOrg reports whether the flag says which org is worked on, and as whom.
func OfAnOrg(flag string) bool {
	return slices.Contains([]string{"org-url", "client-id", "scopes", "private-key-file", "key-id", "dpop"}, flag)
}
