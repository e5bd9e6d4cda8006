package clients_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// document is a made-up file of a client. Its random parts come from a seed, so
// that a failure can be had again.
type document struct {
	*rand.Rand
	comments bool
	newline  string
	written  []string // the comments in it
}

func newDocument(seed uint64, comments bool) *document {
	d := &document{Rand: rand.New(rand.NewPCG(seed, 1)), comments: comments, newline: "\n"}
	if d.IntN(4) == 0 {
		d.newline = "\r\n"
	}
	return d
}

func (d *document) pick(of ...string) string { return of[d.IntN(len(of))] }

// gap is what may stand between two tokens of JSON.
func (d *document) gap(usual string) string {
	if d.IntN(5) > 0 {
		return usual
	}
	if !d.comments || d.IntN(2) == 0 {
		return d.pick("", " ", "\t", d.newline, d.newline+"   ", d.newline+d.newline)
	}
	comment := fmt.Sprintf(`/* note %d: {"okta": ["//"]} */`, len(d.written))
	if d.IntN(2) == 0 {
		comment = fmt.Sprintf(`// note %d, "okta": {`, len(d.written)) + d.newline
	}
	d.written = append(d.written, comment)
	return d.pick("", " ", d.newline+"  ") + comment + d.pick("", " ", d.newline+"  ")
}

// style is how a document is laid out.
type style struct{ unit, colon, newline string }

func (d *document) style() style {
	if d.IntN(4) == 0 {
		return style{colon: ":"} // in one line
	}
	return style{unit: d.pick("  ", "    ", "\t"), colon: ": ", newline: d.newline}
}

// object writes members, which are keys and values in turn, as JSON.
func (d *document) object(s style, depth int, members ...string) string {
	var out strings.Builder
	out.WriteString("{")
	for i := 0; i < len(members); i += 2 {
		if i > 0 {
			out.WriteString(d.gap("") + ",")
		}
		out.WriteString(d.gap(s.newline+strings.Repeat(s.unit, depth+1)) + members[i] + d.gap("") + strings.TrimSpace(s.colon) + d.gap(s.colon[1:]) + members[i+1])
	}
	if d.comments && len(members) > 0 && d.IntN(6) == 0 {
		out.WriteString(d.gap("") + ",")
	}
	if len(members) > 0 || d.IntN(3) == 0 {
		out.WriteString(d.gap(s.newline + strings.Repeat(s.unit, depth)))
	}
	return out.String() + "}"
}

func (d *document) value(s style, depth int) string {
	if depth < 4 && d.IntN(3) == 0 {
		var members []string
		for i := range d.IntN(4) {
			members = append(members, fmt.Sprintf(`"m%d"`, i), d.value(s, depth+1))
		}
		return d.object(s, depth, members...)
	}
	return d.pick(`"text"`, `"a \"quoted\" // text, }"`, `"\u00e9 é"`, "12345678901234567890.50", "-1e-7", "true", "null", "[]", `[1, {"x": [2]}]`, `"okta"`)
}

// server is the entry of another server.
func (d *document) server(s style) string {
	return d.object(s, 2, `"command"`, d.pick(`"npx"`, `"uv"`), `"args"`, d.pick("[]", `["-y", "x"]`), `"more"`, d.value(s, 3))
}

// json writes a file whose section has the servers given, of as many others, at
// random places. Without a section it has none of them.
func (d *document) json(section string, withSection bool, others int, ours ...string) (text string, s style) {
	s = d.style()
	var servers []string
	if !withSection {
		others = 0
	}
	for i := range others {
		servers = append(servers, fmt.Sprintf(`"server-%d"`, i), d.server(s))
	}
	at := 2 * d.IntN(others+1)
	servers = append(servers[:at:at], append(ours, servers[at:]...)...)
	var members []string
	for i := range d.IntN(4) {
		members = append(members, fmt.Sprintf(`"top%d"`, i), d.value(s, 1))
	}
	if withSection {
		at := 2 * d.IntN(len(members)/2+1)
		held := []string{`"` + section + `"`, d.object(s, 1, servers...)}
		members = append(members[:at:at], append(held, members[at:]...)...)
	}
	return d.gap("") + d.object(s, 0, members...) + d.pick("", d.newline), s
}

// toml writes a file of tables, comments and awkward texts, among them, at a random
// place, the tables given.
func (d *document) toml(ours ...string) string {
	tables := []string{"model = 'o-3'" + d.newline}
	for i := range d.IntN(5) {
		name := d.pick("", "mcp_servers.", "mcp_servers.okta-other.", `mcp_servers."dotted.okta".`, "profiles.")
		tables = append(tables, fmt.Sprintf("[%st%d]", name, i)+d.pick("", " # about [mcp_servers.okta]")+d.newline+d.pairs())
	}
	if d.IntN(3) == 0 {
		tables = append(tables, "[[list]]"+d.newline+d.pairs(), "[[list]]"+d.newline)
	}
	at := 1 + d.IntN(len(tables))
	tables = append(tables[:at:at], append(ours, tables[at:]...)...)
	var out strings.Builder
	for i, table := range tables {
		if i > 0 {
			out.WriteString(d.pick("", d.newline, d.newline+"# a note"+d.newline, d.newline+d.newline))
		}
		out.WriteString(table)
	}
	text := out.String()
	if d.IntN(4) == 0 {
		text = strings.TrimRight(text, "\r\n")
	}
	return text
}

func (d *document) pairs() string {
	var out strings.Builder
	for i := range d.IntN(4) {
		value := d.pick(`"text # no comment"`, `'C:\okta'`, "1_000", "nan", "1979-05-27T07:32:00Z", "{ a = 1, b = [2] }",
			"["+d.newline+"  1, # one"+d.newline+"  2,"+d.newline+"]",
			`"""`+d.newline+"[mcp_servers.okta]"+d.newline+`command = "x" """`, "'''"+d.newline+"[x]"+d.newline+"'''")
		fmt.Fprintf(&out, "%skey%d = %s%s%s", d.pick("", "  "), i, value, d.pick("", " # note"), d.newline)
		out.WriteString(d.pick("", "", d.newline, "# between"+d.newline))
	}
	return out.String()
}
