package clients

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Entry is what makes a client start a server.
type Entry struct {
	Command string
	Args    []string
	Env     map[string]string
}

// Problem is what is wrong with a file.
type Problem struct {
	Line int // from 1
	Text string
}

func (p *Problem) Error() string { return fmt.Sprintf("line %d: %s", p.Line, p.Text) }

// format is how a file is written. The servers are in the section, by name.
type format interface {
	// decode reads the whole file, or says in which line it is broken.
	decode(text []byte) (map[string]any, error)
	// set adds an entry, or puts it in the place of the one of that name.
	set(text []byte, section, name string, e Entry) ([]byte, error)
	// remove takes an entry out, and a section that held nothing else.
	remove(text []byte, section, name string) ([]byte, error)
	// snippet is a file with that entry alone.
	snippet(section, name string, e Entry) string
}

// Section is the part of its file where the client has its servers.
func (c Client) Section() string { return c.section }

// Snippet is a file of the client with that entry alone.
func (c Client) Snippet(name string, e Entry) string { return c.format.snippet(c.section, name, e) }

var entryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,63}$`)

// IsName reports whether every client takes an entry of that name.
func IsName(name string) bool { return entryName.MatchString(name) }

// Check refuses what the client would make something else of.
func (c Client) Check(e Entry) error {
	texts := append([]string{e.Command}, e.Args...)
	for _, value := range e.Env {
		texts = append(texts, value)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("%q holds a control character, or what is no text", text)
		}
		if c.expands && strings.Contains(text, "$") {
			return fmt.Errorf("%s would replace what follows $ in %q", c.Title, text)
		}
	}
	return nil
}

// Ours are the names of the entries that start the program, sorted.
func (c Client) Ours(text []byte, program string) ([]string, error) {
	_, servers, err := c.read(body(text))
	var names []string
	for name, entry := range servers {
		if starts(entry, program) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}

// Install returns the text with the entry, or as it is where it has that already.
// An entry of that name that starts another program is nobody's to replace.
func (c Client) Install(text []byte, name string, e Entry) ([]byte, error) {
	old := body(text)
	was, servers, err := c.read(old)
	if err != nil {
		return nil, err
	}
	wanted, err := c.decoded(name, e)
	if err != nil {
		return nil, err
	}
	if existing, some := servers[name]; some {
		if reflect.DeepEqual(existing, wanted) {
			return text, nil
		}
		if !starts(existing, e.Command) {
			return nil, foreign(name, existing)
		}
	}
	edited, err := c.format.set(old, c.section, name, e)
	if err != nil {
		return nil, err
	}
	if err := c.check(was, edited, name, wanted); err != nil {
		return nil, err
	}
	return withMark(text, edited), nil
}

// Uninstall returns the text without the entry that starts the program.
func (c Client) Uninstall(text []byte, name, program string) ([]byte, error) {
	old := body(text)
	was, servers, err := c.read(old)
	if err != nil {
		return nil, err
	}
	existing, some := servers[name]
	if !some {
		return text, nil
	}
	if !starts(existing, program) {
		return nil, foreign(name, existing)
	}
	edited, err := c.format.remove(old, c.section, name)
	if err != nil {
		return nil, err
	}
	if err := c.check(was, edited, name, nil); err != nil {
		return nil, err
	}
	return withMark(text, edited), nil
}

// read decodes a file, and its section of servers where it has one.
func (c Client) read(text []byte) (all, servers map[string]any, err error) {
	all, err = c.format.decode(text)
	if err != nil {
		return nil, nil, err
	}
	section, some := all[c.section]
	if !some {
		return all, nil, nil
	}
	servers, ok := section.(map[string]any)
	if !ok {
		return nil, nil, &Problem{Line: lineOf(text, c.section), Text: fmt.Sprintf("%q holds no servers by name", c.section)}
	}
	return all, servers, nil
}

// decoded is the entry as it reads once it is in the file.
func (c Client) decoded(name string, e Entry) (any, error) {
	_, servers, err := c.read([]byte(c.Snippet(name, e)))
	return servers[name], err
}

// check holds an edit to its word: the entry is what was wanted, nil for none, and
// every other value is what it was. It is the last guard before a file is written.
func (c Client) check(was map[string]any, edited []byte, name string, wanted any) error {
	is, servers, err := c.read(edited)
	if err == nil && reflect.DeepEqual(servers[name], wanted) && c.rest(is, name) == c.rest(was, name) {
		return nil
	}
	return &Problem{Line: lineOf(edited, name), Text: "the entry cannot be changed here without changing something else; edit the file by hand"}
}

// rest is everything of a file but the entry, as text, in which maps are sorted and
// what is not a number equals itself.
func (c Client) rest(all map[string]any, name string) string {
	servers, _ := all[c.section].(map[string]any)
	others := make(map[string]any, len(servers))
	for key, value := range servers {
		if key != name {
			others[key] = value
		}
	}
	rest := map[string]any{}
	for key, value := range all {
		if key != c.section {
			rest[key] = value
		}
	}
	return fmt.Sprintf("%#v\n%#v", rest, others)
}

// starts reports whether an entry starts the program, wherever that is.
func starts(entry any, program string) bool {
	command := commandOf(entry)
	return command != "" && (baseName(command) == baseName(program) || baseName(command) == "okta-mcp")
}

func commandOf(entry any) string {
	members, _ := entry.(map[string]any)
	command, _ := members["command"].(string)
	return command
}

// baseName is a program's name as both kinds of systems write its path.
func baseName(path string) string {
	name := strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:])
	return strings.TrimSuffix(name, ".exe")
}

func foreign(name string, entry any) error {
	if command := commandOf(entry); command != "" {
		return fmt.Errorf("its entry %q starts %q, which is not okta-mcp; choose another --name, or remove that entry by hand", name, command)
	}
	return fmt.Errorf("its entry %q does not start okta-mcp; choose another --name, or remove that entry by hand", name)
}

const byteOrderMark = "\xef\xbb\xbf"

// body is a text without the mark that some editors put before it.
func body(text []byte) []byte { return bytes.TrimPrefix(text, []byte(byteOrderMark)) }

func withMark(text, edited []byte) []byte {
	return slices.Concat(text[:len(text)-len(body(text))], edited)
}

// change is one piece of a text that becomes another.
type change struct {
	from, to int
	text     string
}

// apply makes the changes, which are in order.
func apply(text []byte, changes ...change) []byte {
	var out []byte
	at := 0
	for _, c := range changes {
		out = append(append(out, text[at:c.from]...), c.text...)
		at = c.to
	}
	return append(out, text[at:]...)
}

func lineAt(text []byte, offset int) int {
	return 1 + bytes.Count(text[:min(max(offset, 0), len(text))], []byte("\n"))
}

// lineOf is the first line that has the word, or the first.
func lineOf(text []byte, word string) int { return lineAt(text, bytes.Index(text, []byte(word))) }

// newline is how the text ends its lines.
func newline(text []byte) string {
	if bytes.Contains(text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}
