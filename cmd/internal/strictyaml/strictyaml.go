// Package strictyaml reads configuration files in the plain part of YAML, and
// says of everything that is wrong where it is and what would be right.
//
// It refuses what makes such files surprising: anchors, aliases, merge keys, tags,
// several documents, keys that come twice or that nobody knows, and texts where a
// number or a truth value belongs. It never guesses, and it never stops at the
// first mistake.
package strictyaml

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxBytes is the largest file that is read.
const MaxBytes = 1 << 20

// Problem is one thing that is wrong with a file.
type Problem struct {
	File string
	Line int // from 1; 0 where it is about the whole file
	Text string
}

func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Problems is everything that is wrong with a file, in the order of its lines.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// File is a file that is being read. What is wrong is collected; Err returns it.
type File struct {
	name     string
	problems Problems
}

// Value is one value of a file. Reading it as what it is not gives the zero value
// and is a problem of the file.
type Value struct {
	file *File
	node *yaml.Node
}

// Member is one member of a mapping.
type Member struct {
	Key   string
	Line  int // of the key
	Value Value
}

// Fail reports that something is wrong with the key.
func (m Member) Fail(format string, arguments ...any) {
	m.Value.file.fail(m.Line, format, arguments...)
}

// Parse reads the text of the file of that name. What is not plain YAML is a
// problem of the file, and the value is then unusable: look at Err first.
func Parse(name string, text []byte) (*File, Value) {
	f := &File{name: name}
	root := f.parse(text)
	if root != nil {
		f.plain(root)
	}
	if len(f.problems) > 0 || root == nil {
		return f, Value{file: f, node: &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}}
	}
	return f, Value{file: f, node: root}
}

// Err returns everything that was wrong so far as Problems, or nil.
func (f *File) Err() error {
	if len(f.problems) == 0 {
		return nil
	}
	sorted := slices.Clone(f.problems)
	slices.SortFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return sorted
}

func (f *File) fail(line int, format string, arguments ...any) {
	f.problems = append(f.problems, Problem{File: f.name, Line: line, Text: fmt.Sprintf(format, arguments...)})
}

func (f *File) parse(text []byte) *yaml.Node {
	if len(text) > MaxBytes {
		f.fail(0, "larger than %d bytes, the most that is read", MaxBytes)
		return nil
	}
	if !utf8.Valid(text) {
		f.fail(0, "not UTF-8 text")
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, another yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) || err == nil && (document.Kind != yaml.DocumentNode || empty(document.Content[0])) {
		f.fail(0, "empty; a file that says nothing is left out instead")
		return nil
	}
	if err == nil {
		if err = decoder.Decode(&another); err == nil {
			f.fail(another.Line, "a second document begins here; one file holds one")
			return nil
		}
	}
	if !errors.Is(err, io.EOF) {
		f.malformed(text, err)
		return nil
	}
	return document.Content[0]
}

func empty(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

var (
	atLine        = regexp.MustCompile(`^line (\d+): `)
	unknownAnchor = regexp.MustCompile(`unknown anchor '(.*)' referenced`)
)

// malformed reports what the parser says, with the line where it can be found.
func (f *File) malformed(text []byte, err error) {
	said := strings.TrimPrefix(err.Error(), "yaml: ")
	if found := unknownAnchor.FindStringSubmatch(said); found != nil {
		before, _, _ := bytes.Cut(text, []byte("*"+found[1]))
		f.fail(cmp.Or(firstBad(text), 1+bytes.Count(before, []byte("\n"))), "%q would be an alias; a text that begins with * needs quotes", "*"+found[1])
		return
	}
	line := 1 // the parser names no line where it is the first
	if found := atLine.FindStringSubmatch(said); found != nil {
		line, _ = strconv.Atoi(found[1]) // a number, or too large for a line
		said = said[len(found[0]):]
	}
	f.fail(cmp.Or(firstBad(text), line), "not YAML: %s%s", said, advice(said))
}

// mostLooked is the largest text in which the line of a mistake is looked for.
const mostLooked = 16 << 10

// firstBad is the line after the longest beginning of the text that is YAML, or 0.
// The parser itself names where what it was reading began.
func firstBad(text []byte) int {
	lines := bytes.SplitAfter(text, []byte("\n"))
	if len(text) > mostLooked {
		return 0
	}
	for n := len(lines); n >= 0; n-- {
		var document yaml.Node
		if yaml.Unmarshal(bytes.Join(lines[:n], nil), &document) == nil {
			return (n + 1) % (len(lines) + 1) // 0 where the first document is not what is wrong
		}
	}
	return 0
}

// advice is what most often mends what the parser says.
func advice(said string) string {
	for _, known := range []struct{ words, advice string }{
		{"cannot start any token", "indent with spaces and not with tabs, and put a text that begins with @, % or ` in quotes"},
		{"mapping values are not allowed", "check the indentation, and put a text with a colon in quotes"},
		{"expected '-' indicator", "the indentation fits nothing before it; the members of a rule stand below the first, not below the dash"},
		{"expected key", "the indentation fits nothing before it"},
		{"expected ',' or", "a bracket is not closed, or a comma is missing"},
		{"unexpected end of stream", "a quote is not closed"},
	} {
		if strings.Contains(said, known.words) {
			return "; " + known.advice
		}
	}
	return ""
}

// plain reports what is YAML and not plain: it would let one place of a file mean
// something that another place says.
func (f *File) plain(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		f.fail(n.Line, "%q is an alias; write out what it stands for, and put a text that begins with * in quotes", "*"+n.Value)
		return
	case n.Anchor != "":
		f.fail(n.Line, "%q is an anchor; write out what is meant wherever it is meant, and put a text that begins with & in quotes", "&"+n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		f.fail(n.Line, "%s is a tag; values are written without", n.Tag)
	}
	if n.Kind != yaml.MappingNode {
		for _, child := range n.Content {
			f.plain(child)
		}
		return
	}
	first := map[string]int{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || empty(key) || key.ShortTag() == "!!merge" {
			f.fail(key.Line, "a key must be one text")
			continue
		}
		if line, twice := first[key.Value]; twice {
			f.fail(key.Line, "%q comes twice; the first is in line %d", key.Value, line)
		} else {
			first[key.Value] = key.Line
		}
		f.plain(key)
		f.plain(n.Content[i+1])
	}
}

// Line is where the value begins.
func (v Value) Line() int { return v.node.Line }

// Fail reports that something is wrong with the value, as a sentence without its
// end: what is wrong, and what is right.
func (v Value) Fail(format string, arguments ...any) { v.file.fail(v.node.Line, format, arguments...) }

// IsMapping reports whether the value is a mapping.
func (v Value) IsMapping() bool { return v.node.Kind == yaml.MappingNode }

// Bare reports whether the value is a text of its own without quotes.
func (v Value) Bare() bool {
	return v.node.Kind == yaml.ScalarNode && v.node.Style == 0 && !empty(v.node)
}

// Entries returns the members of a mapping whose keys are the file's own.
func (v Value) Entries() []Member {
	if v.node.Kind != yaml.MappingNode {
		v.Fail("%s; a mapping of keys to values is meant", v.what())
		return nil
	}
	if len(v.node.Content) == 0 && v.node.Line > 0 {
		v.Fail("empty; leave it out, or name something")
	}
	var members []Member
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key := v.node.Content[i]
		members = append(members, Member{Key: key.Value, Line: key.Line, Value: Value{file: v.file, node: v.node.Content[i+1]}})
	}
	return members
}

// Members returns the members of a mapping by their keys. A key that is none of
// those known is a problem.
func (v Value) Members(known ...string) map[string]Value {
	members := map[string]Value{}
	for _, member := range v.Entries() {
		if !slices.Contains(known, member.Key) {
			v.file.fail(member.Line, "there is no %q; there are %s", member.Key, strings.Join(known, ", "))
			continue
		}
		members[member.Key] = member.Value
	}
	return members
}

// Each returns the elements of a list; one value alone is a list of one.
func (v Value) Each() []Value {
	switch {
	case v.node.Kind == yaml.ScalarNode && !empty(v.node):
		return []Value{v}
	case v.node.Kind != yaml.SequenceNode:
		v.Fail("%s; a list is meant", v.what())
		return nil
	case len(v.node.Content) == 0:
		v.Fail("an empty list; leave it out, or name something")
	}
	elements := make([]Value, len(v.node.Content))
	for i, n := range v.node.Content {
		elements[i] = Value{file: v.file, node: n}
	}
	return elements
}

// Texts returns the elements of a list of texts, or one text alone.
func (v Value) Texts() []string {
	var texts []string
	for _, element := range v.Each() {
		if text := element.Text(); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// Text returns a text of one line as it is written: 007 and true are texts too
// where one is meant. An empty one is a problem.
func (v Value) Text() string {
	switch {
	case v.node.Kind != yaml.ScalarNode || empty(v.node):
		v.Fail("%s; a text is meant", v.what())
	case strings.TrimSpace(v.node.Value) == "":
		v.Fail("an empty text")
	case strings.ContainsAny(v.node.Value, "\r\n\u0085\u2028\u2029"):
		v.Fail("a text of several lines; one is meant")
	default:
		return v.node.Value
	}
	return ""
}

// Bool returns a truth value, which is written true or false.
func (v Value) Bool() bool {
	if v.node.ShortTag() != "!!bool" || v.node.Value != "true" && v.node.Value != "false" {
		v.Fail("%s; true or false is meant, in lower case and without quotes", v.what())
	}
	return v.node.Value == "true"
}

// Number returns a whole number from low to high.
func (v Value) Number(low, high int) int {
	n, err := strconv.Atoi(v.node.Value)
	if v.node.ShortTag() != "!!int" || err != nil || n < low || n > high || strconv.Itoa(n) != v.node.Value {
		v.Fail("%s; a whole number from %d to %d is meant", v.what(), low, high)
		return 0
	}
	return n
}

// what says what a value is instead of what is meant.
func (v Value) what() string {
	switch {
	case v.node.Kind == yaml.MappingNode:
		return "a mapping"
	case v.node.Kind == yaml.SequenceNode:
		return "a list"
	case empty(v.node):
		return "nothing"
	case len(v.node.Value) > 40:
		return "a long text"
	case v.node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return fmt.Sprintf("the text %q", v.node.Value)
	}
	return fmt.Sprintf("%q", v.node.Value)
}

// Lines returns the problems of an error of this package one by one, or nil.
func Lines(err error) Problems {
	var problems Problems
	errors.As(err, &problems)
	return problems
}
