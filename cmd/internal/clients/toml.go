package clients

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlFormat is TOML, in which an entry is a table of its own: [mcp_servers.okta].
type tomlFormat struct{}

func (tomlFormat) decode(text []byte) (map[string]any, error) {
	all := map[string]any{}
	err := toml.Unmarshal(text, &all)
	var at *toml.DecodeError
	switch {
	case errors.As(err, &at):
		line, _ := at.Position()
		return nil, &Problem{Line: line, Text: "not TOML: " + strings.TrimPrefix(at.Error(), "toml: ")}
	case err != nil:
		return nil, &Problem{Line: 1, Text: "not TOML: " + err.Error()}
	}
	return all, nil
}

func (tomlFormat) snippet(section, name string, e Entry) string {
	return tomlTable(section, name, e, "\n") + "\n"
}

// tomlTable is the entry's table without the end of its last line.
func tomlTable(section, name string, e Entry, newline string) string {
	var env []string
	for _, key := range slices.Sorted(maps.Keys(e.Env)) {
		env = append(env, key+" = "+tomlText(e.Env[key]))
	}
	args := make([]string, len(e.Args))
	for i, arg := range e.Args {
		args[i] = tomlText(arg)
	}
	lines := []string{
		fmt.Sprintf("[%s.%s]", section, name),
		"command = " + tomlText(e.Command),
		"args = [" + strings.Join(args, ", ") + "]",
	}
	if env != nil {
		lines = append(lines, "env = { "+strings.Join(env, ", ")+" }")
	}
	return strings.Join(lines, newline)
}

// tomlText is a basic string, which is JSON's but for one character.
func tomlText(text string) string {
	return strings.ReplaceAll(layout{compact: true}.value(text, ""), "\x7f", `\u007f`)
}

func (f tomlFormat) set(text []byte, section, name string, e Entry) ([]byte, error) {
	tables, err := tablesOf(text, section, name)
	if err != nil {
		return nil, err
	}
	nl := newline(text)
	table := tomlTable(section, name, e, nl)
	switch {
	case len(tables) > 0:
		first := tables[0]
		if bytes.HasSuffix(text[first.from:first.to], []byte("\n")) {
			table += nl
		}
		cuts := cutsOf(text, tables)
		cuts[0] = change{first.from, first.to, table}
		return apply(text, cuts...), nil
	case len(text) == 0:
		table += nl
	case bytes.HasSuffix(text, []byte("\n")):
		table = nl + table + nl
	default:
		table = nl + nl + table
	}
	return append(bytes.Clone(text), table...), nil
}

func (f tomlFormat) remove(text []byte, section, name string) ([]byte, error) {
	tables, err := tablesOf(text, section, name)
	if err != nil {
		return nil, err
	}
	return apply(text, cutsOf(text, tables)...), nil
}

// cutsOf takes tables out, each with the blank line before it. The last line of a
// file ends as it did.
func cutsOf(text []byte, tables []change) []change {
	cuts := make([]change, len(tables))
	done := 0
	for i, t := range tables {
		before := text[:t.from]
		if shorter, some := cutNewline(before); some && bytes.HasSuffix(shorter, []byte("\n")) {
			before = shorter
		}
		if t.to == len(text) && !bytes.HasSuffix(text, []byte("\n")) {
			before, _ = cutNewline(before)
		}
		cuts[i] = change{max(len(before), done), t.to, ""}
		done = t.to
	}
	return cuts
}

func cutNewline(text []byte) (shorter []byte, some bool) {
	shorter, some = bytes.CutSuffix(text, []byte("\n"))
	return bytes.TrimSuffix(shorter, []byte("\r")), some
}

// tablesOf finds the lines of the entry's table and of those below it, or says why
// the entry is not written so. The comments before a table are not its own.
func tablesOf(text []byte, section, name string) ([]change, error) {
	var tables []change
	var table []string
	var p unstable.Parser
	for p.Reset(text); p.NextExpression(); {
		expression := p.Expression()
		keys, at := path(expression)
		isPair := expression.Kind == unstable.KeyValue
		if isPair {
			keys = append(slices.Clone(table), keys...)
		} else {
			table = keys
		}
		inside := len(table) >= 2 && table[0] == section && table[1] == name
		switch {
		case isPair && inside:
			last := &tables[len(tables)-1]
			last.to = endOfLine(text, int(expression.Raw.Offset+expression.Raw.Length))
		case inside && !(expression.Kind == unstable.ArrayTable && len(table) == 2):
			tables = append(tables, change{from: bytes.LastIndexByte(text[:at], '\n') + 1, to: endOfLine(text, at)})
		case keys[0] == section && (len(keys) == 1 && (isPair || expression.Kind == unstable.ArrayTable) || len(keys) > 1 && keys[1] == name):
			return nil, &Problem{Line: lineAt(text, at), Text: fmt.Sprintf("%s is written in another way than as the table [%s.%s]; change that by hand first", strings.Join(keys, "."), section, name)}
		}
	}
	if err := p.Error(); err != nil {
		return nil, &Problem{Line: 1, Text: "not TOML: " + err.Error()}
	}
	return tables, nil
}

// path is the key of an expression, and where it begins.
func path(expression *unstable.Node) (keys []string, at int) {
	at = -1
	for k := expression.Key(); k.Next(); {
		if at < 0 {
			at = int(k.Node().Raw.Offset)
		}
		keys = append(keys, string(k.Node().Data))
	}
	return keys, at
}

func endOfLine(text []byte, offset int) int {
	if end := bytes.IndexByte(text[offset:], '\n'); end >= 0 {
		return offset + end + 1
	}
	return len(text)
}
