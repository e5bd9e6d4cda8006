package clients

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tailscale/hujson"
)

// jsonFormat is JSON, with comments and trailing commas where the client reads
// them.
type jsonFormat struct {
	typed    bool // an entry says that it is of type stdio
	comments bool
}

type jsonEntry struct {
	Type    string            `json:"type,omitempty"`
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env,omitempty"`
}

func (f jsonFormat) entry(e Entry) jsonEntry {
	entry := jsonEntry{Command: e.Command, Args: e.Args, Env: e.Env}
	if f.typed {
		entry.Type = "stdio"
	}
	return entry
}

func (f jsonFormat) snippet(section, name string, e Entry) string {
	all := map[string]map[string]jsonEntry{section: {name: f.entry(e)}}
	return layout{unit: "  ", newline: "\n"}.value(all, "") + "\n"
}

func (f jsonFormat) decode(text []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return map[string]any{}, nil
	}
	root, err := f.parse(text)
	if err != nil {
		return nil, err
	}
	if _, ok := root.Value.(*hujson.Object); !ok {
		return nil, &Problem{Line: lineAt(text, root.StartOffset), Text: "not a JSON object"}
	}
	root.Standardize()
	decoder := json.NewDecoder(bytes.NewReader(root.Pack()))
	decoder.UseNumber() // so that none is rounded when files are compared
	var all map[string]any
	if err := decoder.Decode(&all); err != nil {
		return nil, &Problem{Line: 1, Text: "not JSON: " + err.Error()}
	}
	return all, nil
}

var hujsonLine = regexp.MustCompile(`^hujson: line (\d+), column \d+: `)

// parse reads a text with the offsets of its values. It works on a copy, which
// ends in a newline so that a comment at the end is whole.
func (f jsonFormat) parse(text []byte) (hujson.Value, error) {
	if !f.comments {
		var syntax *json.SyntaxError
		if err := json.Unmarshal(text, new(any)); errors.As(err, &syntax) {
			return hujson.Value{}, &Problem{Line: lineAt(text, int(syntax.Offset)-1), Text: "not JSON: " + syntax.Error()}
		}
	}
	root, err := hujson.Parse(append(bytes.Clone(text), '\n'))
	if err == nil {
		return root, nil
	}
	said, line := err.Error(), 1
	if found := hujsonLine.FindStringSubmatch(said); found != nil {
		line, _ = strconv.Atoi(found[1]) // digits
		said = said[len(found[0]):]
	}
	return hujson.Value{}, &Problem{Line: line, Text: "not JSON: " + said}
}

func (f jsonFormat) set(text []byte, section, name string, e Entry) ([]byte, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return []byte(f.snippet(section, name, e)), nil
	}
	root, err := f.parse(text)
	if err != nil {
		return nil, err
	}
	l := layoutOf(text, root)
	servers, err := member(text, root, section)
	if err != nil {
		return nil, err
	}
	if servers == nil {
		return l.insert(text, root, section, map[string]jsonEntry{name: f.entry(e)}), nil
	}
	existing, err := member(text, servers.Value, name)
	if err != nil {
		return nil, err
	}
	if existing == nil {
		return l.insert(text, servers.Value, name, f.entry(e)), nil
	}
	value := l.value(f.entry(e), indentation(text, existing.Name.StartOffset))
	return apply(text, change{existing.Value.StartOffset, existing.Value.EndOffset, value}), nil
}

func (f jsonFormat) remove(text []byte, section, name string) ([]byte, error) {
	root, err := f.parse(text)
	if err != nil {
		return nil, err
	}
	servers, err := member(text, root, section)
	if err != nil || servers == nil {
		return text, err
	}
	if existing, err := member(text, servers.Value, name); err != nil || existing == nil {
		return text, err
	}
	if holdsNothingElse(servers) {
		return cut(text, root, section), nil
	}
	return cut(text, servers.Value, name), nil
}

// holdsNothingElse reports whether a section has one entry and no comments around
// that.
func holdsNothingElse(section *hujson.ObjectMember) bool {
	object, ok := section.Value.Value.(*hujson.Object)
	if !ok || len(object.Members) != 1 {
		return false
	}
	entry := object.Members[0]
	around := slices.Concat(section.Name.AfterExtra, section.Value.BeforeExtra, entry.Name.BeforeExtra, entry.Value.AfterExtra, object.AfterExtra)
	return isWhite(around)
}

// member is the member of an object, or nil. Of two by one name nobody knows which
// one a client takes.
func member(text []byte, v hujson.Value, name string) (*hujson.ObjectMember, error) {
	object, ok := v.Value.(*hujson.Object)
	if !ok {
		return nil, &Problem{Line: lineAt(text, v.StartOffset), Text: "not an object"}
	}
	var found *hujson.ObjectMember
	for i := range object.Members {
		switch m := &object.Members[i]; {
		case keyOf(m) != name:
		case found != nil:
			return nil, &Problem{Line: lineAt(text, m.Name.StartOffset), Text: fmt.Sprintf("%q comes twice", name)}
		default:
			found = m
		}
	}
	return found, nil
}

func keyOf(m *hujson.ObjectMember) string {
	key, _ := m.Name.Value.(hujson.Literal)
	return key.String()
}

// layout is how a file is laid out.
type layout struct {
	unit    string // of indentation
	newline string
	compact bool // in one line
}

func layoutOf(text []byte, root hujson.Value) layout {
	l := layout{unit: "  ", newline: newline(text)}
	object, ok := root.Value.(*hujson.Object)
	if !ok || len(object.Members) == 0 {
		return l
	}
	l.compact = !bytes.Contains(bytes.TrimSpace(text), []byte("\n"))
	if first := object.Members[0].Name.StartOffset; beginsLine(text, first) && indentation(text, first) != "" {
		l.unit = indentation(text, first)
	}
	return l
}

// value is a value as JSON, whose lines after the first are indented.
func (l layout) value(v any, indent string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if !l.compact {
		encoder.SetIndent(indent, l.unit)
	}
	_ = encoder.Encode(v) // texts in maps, lists and structs always encode
	return strings.ReplaceAll(strings.TrimSuffix(out.String(), "\n"), "\n", l.newline)
}

func (l layout) member(key string, v any, indent string) string {
	if l.compact {
		return l.value(key, "") + ":" + l.value(v, "")
	}
	return l.newline + indent + l.value(key, "") + ": " + l.value(v, indent)
}

// insert adds a member as the last of an object: behind the comments that follow
// what was the last, which stay with it.
func (l layout) insert(text []byte, in hujson.Value, key string, v any) []byte {
	object, _ := in.Value.(*hujson.Object)
	end := in.EndOffset - 1 // of what is inside
	at := end - whiteAtEnd(object.AfterExtra)
	outer := indentation(text, in.StartOffset)
	if len(object.Members) == 0 {
		closing := ""
		if !l.compact {
			closing = l.newline + outer
		}
		return apply(text, change{at, end, l.member(key, v, outer+l.unit) + closing})
	}
	last := object.Members[len(object.Members)-1]
	indent := outer + l.unit
	if beginsLine(text, last.Name.StartOffset) {
		indent = indentation(text, last.Name.StartOffset)
	}
	added := l.member(key, v, indent)
	if last.Value.AfterExtra != nil { // a comma follows already
		return apply(text, change{at, at, added + ","})
	}
	comma := last.Value.EndOffset
	return apply(text, change{comma, comma, ","}, change{at, at, added})
}

// cut takes a member out of an object, with the comma that parted it from its
// neighbours, and leaves comments.
func cut(text []byte, from hujson.Value, key string) []byte {
	object, _ := from.Value.(*hujson.Object)
	at := 0
	for i := range object.Members {
		if keyOf(&object.Members[i]) == key {
			at = i
		}
	}
	m := object.Members[at]
	start, end := m.Name.StartOffset-whiteAtEnd(m.Name.BeforeExtra), m.Value.EndOffset
	comma := end + len(m.Value.AfterExtra)
	hasComma := at < len(object.Members)-1 || m.Value.AfterExtra != nil
	var changes []change
	switch {
	case hasComma && isWhite(m.Value.AfterExtra):
		end = comma + 1
	case !hasComma && at > 0:
		before := object.Members[at-1].Value
		parting := before.EndOffset + len(before.AfterExtra)
		changes = append(changes, change{parting, parting + 1, ""})
	case !hasComma && isWhite(object.AfterExtra) && isWhite(m.Name.BeforeExtra): // nothing is left
		end += len(object.AfterExtra)
	}
	if !startsLine(text[end:]) && swallows(m.Name.BeforeExtra) {
		start = m.Name.StartOffset
	}
	changes = append(changes, change{start, end, ""})
	if hasComma && end != comma+1 {
		changes = append(changes, change{comma, comma + 1, ""})
	}
	return apply(text, changes...)
}

const white = " \t\r\n"

func isWhite(extra []byte) bool { return len(bytes.Trim(extra, white)) == 0 }

func whiteAtEnd(extra []byte) int { return len(extra) - len(bytes.TrimRight(extra, white)) }

// swallows reports whether comments end in one that goes on to the end of its line,
// so that what follows has to be in another.
func swallows(extra []byte) bool {
	_, err := hujson.Parse(slices.Concat(bytes.TrimRight(extra, white), []byte("null")))
	return err != nil
}

// startsLine reports whether nothing is left of a line.
func startsLine(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r")
	return len(rest) == 0 || rest[0] == '\n'
}

// indentation is the white space at the beginning of the line.
func indentation(text []byte, offset int) string {
	line := text[bytes.LastIndexByte(text[:offset], '\n')+1:]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// beginsLine reports whether only white space is before the offset in its line.
func beginsLine(text []byte, offset int) bool {
	before := text[bytes.LastIndexByte(text[:offset], '\n')+1 : offset]
	return isWhite(before) && len(before) < offset
}
