package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"okta-mcp/cmd/internal/strictyaml"
)

// defaultProfile is the one that is taken where none is named.
const defaultProfile = "default"

// Profile is one set of settings of the configuration file.
type Profile struct {
	Name     string
	Settings Settings

	values map[string]string // by flag
}

// ConfigFile is where the configuration file is looked for:
// ~/.config/okta-mcp/config.yaml, or what XDG_CONFIG_HOME or Windows' APPDATA
// make of it. It is empty where there is no home.
func ConfigFile(getenv func(string) (string, bool)) string {
	if dir := homeOf(getenv); dir != "" {
		return filepath.Join(dir, "config.yaml")
	}
	return ""
}

// homeOf is the directory of our own files: ~/.config/okta-mcp.
func homeOf(getenv func(string) (string, bool)) string {
	set := func(name string) string {
		value, _ := getenv(name)
		return value
	}
	dir := set("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) && runtime.GOOS == "windows" {
		dir = set("APPDATA")
	}
	if !filepath.IsAbs(dir) && filepath.IsAbs(set("HOME")) {
		dir = filepath.Join(set("HOME"), ".config")
	}
	if !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, "okta-mcp")
}

// Profiles reads the configuration file. Without one there are none.
func Profiles(path string) ([]Profile, error) {
	text, err := os.ReadFile(path)
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{Name: "the configuration file", Problem: err.Error()}
	}
	file, root := strictyaml.Parse(path, text)
	if err := file.Err(); err != nil {
		return nil, configError(err)
	}
	var all []Profile
	if given, some := root.Members("profiles", "callers")["profiles"]; some { // callers has a reader of its own
		for _, member := range given.Entries() {
			all = append(all, readProfile(member))
		}
	}
	if err := file.Err(); err != nil {
		return nil, configError(err)
	}
	slices.SortFunc(all, func(a, b Profile) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// configError is one line, as every error of a setting.
func configError(err error) error {
	problems := strictyaml.Lines(err)
	text := problems[0].Error()
	if more := len(problems) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return &Error{Name: "the configuration file", Problem: text}
}

func readProfile(member strictyaml.Member) Profile {
	p := Profile{Name: member.Key, values: map[string]string{}}
	if !isName(member.Key) {
		member.Fail("%q is no name of a profile: letters, digits, - and _ make one", member.Key)
	}
	for _, setting := range member.Value.Entries() {
		row, why := profileRow(setting.Key)
		if why != "" {
			setting.Fail("%s", why)
			continue
		}
		value := strings.Join(setting.Value.Texts(), ",")
		if value == "" {
			continue // which the file reports
		}
		if err := row.set(&p.Settings, value); err != nil {
			setting.Fail("%s: %s; a right one looks like %s", setting.Key, err, row.example)
		}
		p.values[row.flag] = value
	}
	return p
}

func isName(text string) bool {
	return text != "" && strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// profileRow is the setting of that key, or why a profile cannot hold it.
func profileRow(key string) (row setting, why string) {
	var known []string
	for _, row := range table() {
		name := strings.ReplaceAll(row.flag, "-", "_")
		switch {
		case row.flag == "" || row.flag == "profile":
		case name == key && row.flagOnly:
			return row, fmt.Sprintf("%q is taken from the command line only, where an agent cannot set it", key)
		case name == key:
			return row, ""
		case !row.flagOnly:
			known = append(known, name)
		}
	}
	if strings.Contains(key, "private_key") || strings.Contains(key, "secret") || strings.Contains(key, "token") {
		return setting{}, fmt.Sprintf("%q would be a secret, and this file holds none; private_key_file names the file with the key", key)
	}
	return setting{}, fmt.Sprintf("there is no %q; there are %s", key, strings.Join(known, ", "))
}

// adopt takes from the profile chosen what neither a flag nor a variable gives.
func (s *Settings) adopt(path string, given map[string]bool) error {
	profiles, err := Profiles(path)
	if err != nil {
		return err
	}
	name := s.Profile
	if name == "" {
		name = defaultProfile
	}
	at := slices.IndexFunc(profiles, func(p Profile) bool { return p.Name == name })
	if at < 0 && s.Profile == "" {
		return nil
	}
	if at < 0 {
		return &Error{Name: "--profile", Problem: fmt.Sprintf("there is no profile %q in %s", name, cmp.Or(path, "a configuration file, for lack of a home directory")), Example: example(profiles)}
	}
	for _, row := range table() {
		if value, some := profiles[at].values[row.flag]; some && !given[row.flag] {
			if err := row.set(s, value); err != nil {
				return &Error{Name: "the profile " + name, Problem: err.Error()}
			}
		}
	}
	s.Profile = name
	return nil
}

func example(profiles []Profile) string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
