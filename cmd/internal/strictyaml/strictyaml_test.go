package strictyaml_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/strictyaml"
)

// read takes everything a file can hold, as a reader of configuration does.
func read(text string) (string, error) {
	file, root := strictyaml.Parse("f.yaml", []byte(text))
	members := root.Members("name", "on", "count", "list", "map")
	var out strings.Builder
	if v, ok := members["name"]; ok {
		fmt.Fprintf(&out, "name=%s ", v.Text())
	}
	if v, ok := members["on"]; ok {
		fmt.Fprintf(&out, "on=%t ", v.Bool())
	}
	if v, ok := members["count"]; ok {
		fmt.Fprintf(&out, "count=%d ", v.Number(1, 10))
	}
	if v, ok := members["list"]; ok {
		fmt.Fprintf(&out, "list=%q ", v.Texts())
	}
	if v, ok := members["map"]; ok {
		for _, m := range v.Entries() {
			fmt.Fprintf(&out, "%s@%d=%q ", m.Key, m.Line, m.Value.Texts())
		}
	}
	return strings.TrimSpace(out.String()), file.Err()
}

func TestPlainFilesAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"name: a":                             `name=a`,
		"# comment\n---\nname: a b\n":         `name=a b`,
		"name: 007":                           `name=007`,
		"name: true":                          `name=true`,
		"name: '*'":                           `name=*`,
		"name: Ada \"x\" *":                   `name=Ada "x" *`,
		"on: true\ncount: 10":                 `on=true count=10`,
		"list: one":                           `list=["one"]`,
		"list: [a*, \"*b\", 2024]":            `list=["a*" "*b" "2024"]`,
		"list:\n- a\n- b":                     `list=["a" "b"]`,
		"map:\n  x: 1\n  y: [a, b]\n":         `x@2=["1"] y@3=["a" "b"]`,
		"{name: a, map: {\"k k\": v}}":        `name=a k k@1=["v"]`,
		"name: 'it''s'\n# the end":            `name=it's`,
		"name: \"\\u00e9\"":                   `name=é`,
		"\ufeffname: after a byte order mark": `name=after a byte order mark`,
		"name: a\r\non: false\r\n":            `name=a on=false`,
		"name: [a]":                           "f.yaml:1: a list; a text is meant",
		"name:":                               "f.yaml:1: nothing; a text is meant",
		"name: ''":                            "f.yaml:1: an empty text",
		"name: ~":                             "f.yaml:1: nothing; a text is meant",
		"name: |\n  a\n  b\n":                 "f.yaml:1: a text of several lines; one is meant",
		"on: yes":                             `f.yaml:1: "yes"; true or false is meant, in lower case and without quotes`,
		"on: True":                            `f.yaml:1: "True"; true or false is meant, in lower case and without quotes`,
		"on: 'true'":                          `f.yaml:1: the text "true"; true or false is meant, in lower case and without quotes`,
		"on: 1":                               `f.yaml:1: "1"; true or false is meant, in lower case and without quotes`,
		"count: 0":                            `f.yaml:1: "0"; a whole number from 1 to 10 is meant`,
		"count: -1":                           `f.yaml:1: "-1"; a whole number from 1 to 10 is meant`,
		"count: 0x5":                          `f.yaml:1: "0x5"; a whole number from 1 to 10 is meant`,
		"count: 05":                           `f.yaml:1: "05"; a whole number from 1 to 10 is meant`,
		"count: 1.0":                          `f.yaml:1: "1.0"; a whole number from 1 to 10 is meant`,
		"count: '5'":                          `f.yaml:1: the text "5"; a whole number from 1 to 10 is meant`,
		"count: [5]":                          `f.yaml:1: a list; a whole number from 1 to 10 is meant`,
		"count: 99999999999999999999":         `f.yaml:1: "99999999999999999999"; a whole number from 1 to 10 is meant`,
		"list: []":                            "f.yaml:1: an empty list; leave it out, or name something",
		"list: {a: b}":                        "f.yaml:1: a mapping; a list is meant",
		"list:\n- a\n-\n":                     "f.yaml:3: nothing; a text is meant",
		"list:\n- a\n- [b]\n":                 "f.yaml:3: a list; a text is meant",
		"map: {}":                             "f.yaml:1: empty; leave it out, or name something",
		"map: a":                              `f.yaml:1: "a"; a mapping of keys to values is meant`,
		"- a":                                 "f.yaml:1: a list; a mapping of keys to values is meant",
		"just text":                           `f.yaml:1: "just text"; a mapping of keys to values is meant`,
		"nomen: a\n\nother: b":                "f.yaml:1: there is no \"nomen\"; there are name, on, count, list, map\nf.yaml:3: there is no \"other\"; there are name, on, count, list, map",
		"name: a\nname: b":                    `f.yaml:2: "name" comes twice; the first is in line 1`,
		"map:\n  x: a\n  x: b":                `f.yaml:3: "x" comes twice; the first is in line 2`,
		"name: &a b":                          `f.yaml:1: "&a" is an anchor; write out what is meant wherever it is meant, and put a text that begins with & in quotes`,
		"name: &a b\nlist: *a":                "f.yaml:1: \"&a\" is an anchor; write out what is meant wherever it is meant, and put a text that begins with & in quotes\nf.yaml:2: \"*a\" is an alias; write out what it stands for, and put a text that begins with * in quotes",
		"on: true\nlist: [*a]":                `f.yaml:2: "*a" would be an alias; a text that begins with * needs quotes`,
		"name: !!str 5":                       `f.yaml:1: !!str is a tag; values are written without`,
		"name: !secret x":                     `f.yaml:1: !secret is a tag; values are written without`,
		"<<: {name: a}":                       "f.yaml:1: a key must be one text",
		"? [a]\n: b":                          "f.yaml:1: a key must be one text",
		"~: b":                                "f.yaml:1: a key must be one text",
		"name: a\n---\nname: b":               "f.yaml:2: a second document begins here; one file holds one",
		"":                                    "f.yaml: empty; a file that says nothing is left out instead",
		"# only a comment\n":                  "f.yaml: empty; a file that says nothing is left out instead",
		"---\n":                               "f.yaml: empty; a file that says nothing is left out instead",
		"null":                                "f.yaml: empty; a file that says nothing is left out instead",
		"name: \xff":                          "f.yaml: not UTF-8 text",
		strings.Repeat("#", strictyaml.MaxBytes) + "#": "f.yaml: larger than 1048576 bytes, the most that is read",
		"# as *a\nlist: [*a]":                          `f.yaml:2: "*a" would be an alias; a text that begins with * needs quotes`,
		"map:\n  - x: a\n  y: b\n":                     "f.yaml:3: not YAML: did not find expected '-' indicator; the indentation fits nothing before it; the members of a rule stand below the first, not below the dash",
		"list: [\n a\n]\nname: a: b\non: true":         "f.yaml:4: not YAML: mapping values are not allowed in this context; check the indentation, and put a text with a colon in quotes",
		"name: a\n\tlist: b":                           "f.yaml:2: not YAML: ",
		"name: [a":                                     "f.yaml:1: not YAML: ",
		"name: a: b":                                   "f.yaml:1: not YAML: ",
		"count: 11\non: no\nx: 1":                      "f.yaml:1: \"11\"; a whole number from 1 to 10 is meant\nf.yaml:2: \"no\"; true or false is meant, in lower case and without quotes\nf.yaml:3: there is no \"x\"; there are name, on, count, list, map",
	} {
		got, err := read(text)
		if err != nil {
			got = err.Error()
		}
		if got != want && !(strings.HasSuffix(want, "not YAML: ") && strings.HasPrefix(got, want)) {
			t.Errorf("%.60q\n is read as %s\n want       %s", text, got, want)
		}
	}
}

// Whatever the text, reading ends with values or with problems that say where.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"name: a\nlist: [x, y]\nmap: {k: v}", "name: &a b\nlist: *a", "<<: *x", "? [a]\n: b", "---\n---\n", "name: !!binary aGk=", "on: yes", "\t", "list:\n-\n- - a",
		"name: |\n a\n b", "%YAML 1.1\n---\nname: a", "name: \"\\x00\"", "a: *\n", "[[[[[[", "{{{{", "&a [*a]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := read(text)
		if err == nil {
			return
		}
		problems := strictyaml.Lines(err)
		if len(problems) == 0 {
			t.Fatalf("%q: an error without a problem: %v", text, err)
		}
		last := 1 + strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text), "\n")
		for _, p := range problems {
			if p.Line < 0 || p.Line > last+1 || p.Text == "" {
				t.Errorf("%q of %d lines: %v", text, last, p)
			}
		}
	})
}
