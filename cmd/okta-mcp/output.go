package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf16"

	"github.com/spf13/cobra"
)

// output is the form in which a command prints what it found.
type output string

const (
	outputTable output = "table" // for people
	outputJSON  output = "json"  // for programs
)

// Set implements pflag.Value.
func (o *output) Set(given string) error {
	switch form := output(given); form {
	case outputTable, outputJSON:
		*o = form
		return nil
	}
	return fmt.Errorf("neither %s nor %s", outputTable, outputJSON)
}

func (o *output) String() string { return string(*o) }

// Type implements pflag.Value.
func (o *output) Type() string { return "table|json" }

// outputFlag adds -o to a command; document says what its JSON is.
func outputFlag(command *cobra.Command, usual output, document string) *output {
	chosen := usual
	command.Flags().VarP(&chosen, "output", "o", "table for people, json for programs: "+document)
	return &chosen
}

// writeAnswer prints a tool's answer for people: lists as tables, all else a line
// each. What is no JSON object is printed as it is.
func writeAnswer(out io.Writer, answer string) error {
	all, ok := membersOf(json.RawMessage(answer))
	if !ok {
		_, err := fmt.Fprintln(out, answer)
		return err
	}
	var items []json.RawMessage
	var lists, rest []member
	for _, m := range all {
		switch elements, isList := objects(m.value); {
		case m.name == "items" && (isList || string(m.value) == "[]"):
			items = elements
		case isList:
			lists = append(lists, m)
		default:
			rest = append(rest, m)
		}
	}
	if len(items) > 0 {
		if err := writeRows(out, items); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	if err := writeLines(out, rest); err != nil {
		return err
	}
	for _, list := range lists {
		fmt.Fprintf(out, "\n%s:\n", inertCell(list.name))
		elements, _ := objects(list.value)
		if err := writeRows(out, elements); err != nil {
			return err
		}
	}
	return nil
}

// writeLines prints a line for each value of an object, under its path.
func writeLines(out io.Writer, object []member) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, m := range flat("", object) {
		if err := tableRow(table, m.name, cell(m.value)); err != nil {
			return err
		}
	}
	return table.Flush()
}

// writeRows prints objects as a table with a column for every path that one has.
func writeRows(out io.Writer, rows []json.RawMessage) error {
	var columns []string
	var cells []map[string]string
	known := map[string]bool{}
	for _, row := range rows {
		object, _ := membersOf(row)
		values := map[string]string{}
		for _, m := range flat("", object) {
			if !known[m.name] {
				known[m.name] = true
				columns = append(columns, m.name)
			}
			values[m.name] = cell(m.value)
		}
		cells = append(cells, values)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if err := tableRow(table, append([]string{}, columns...)...); err != nil {
		return err
	}
	for _, values := range cells {
		texts := make([]string, len(columns))
		for i, column := range columns {
			texts[i] = values[column]
		}
		if err := tableRow(table, texts...); err != nil {
			return err
		}
	}
	return table.Flush()
}

// member is one member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf returns an object's members in its order.
func membersOf(object json.RawMessage) (all []member, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	for decoder.More() {
		token, err := decoder.Token()
		name, isName := token.(string)
		var value json.RawMessage
		if err != nil || !isName || decoder.Decode(&value) != nil {
			return nil, false
		}
		all = append(all, member{name, value})
	}
	return all, true
}

// flat lists the values within an object under their paths: profile.login.
func flat(path string, object []member) []member {
	var all []member
	for _, m := range object {
		m.name = strings.TrimPrefix(path+"."+m.name, ".")
		if within, ok := membersOf(m.value); ok && len(within) > 0 {
			all = append(all, flat(m.name, within)...)
			continue
		}
		all = append(all, m)
	}
	return all
}

// objects returns the elements of a list of objects that has some.
func objects(value json.RawMessage) (elements []json.RawMessage, ok bool) {
	if json.Unmarshal(value, &elements) != nil || len(elements) == 0 {
		return nil, false
	}
	for _, element := range elements {
		if _, isObject := membersOf(element); !isObject {
			return nil, false
		}
	}
	return elements, true
}

// cell is a value as a person reads it: a text without its quotes, a number as it
// was written, a list as its elements where those hold nothing nested.
func cell(value json.RawMessage) string {
	var text string
	var list []json.RawMessage
	switch {
	case string(value) == "null":
		return ""
	case json.Unmarshal(value, &text) == nil:
		return text
	case json.Unmarshal(value, &list) != nil:
		return ascii(value)
	}
	between := ", "
	texts := make([]string, len(list))
	for i, element := range list {
		if element[0] == '{' || element[0] == '[' {
			return ascii(value)
		}
		texts[i] = cell(element)
		if strings.ContainsAny(texts[i], " ,") {
			between = "; "
		}
	}
	return strings.Join(texts, between)
}

// printJSON prints a line in plain ASCII, which JSON can for every text.
func printJSON(out io.Writer, value any) error {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, ascii(encoded))
	return err
}

// ascii is JSON with an escape for each character beyond ASCII.
func ascii(encoded json.RawMessage) string {
	var line strings.Builder
	for _, c := range string(encoded) {
		if c > unicode.MaxASCII || c == 0x7f {
			for _, unit := range utf16.Encode([]rune{c}) {
				fmt.Fprintf(&line, `\u%04x`, unit)
			}
			continue
		}
		line.WriteRune(c)
	}
	return line.String()
}
