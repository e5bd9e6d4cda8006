package confirm_test

import (
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"okta-mcp/confirm"
)

// field returns the input with the name.
func (s shown) field(name string) *html.Node {
	s.t.Helper()
	for _, input := range s.all("input") {
		if attribute(input, "name") == name {
			return input
		}
	}
	s.t.Fatalf("the page has no field %s:\n%s", name, s.body)
	return nil
}

func TestThePageShowsTheWholeQuestion(t *testing.T) {
	t.Parallel()
	q := harmless()
	q.Preview.Consequence = []string{"All access ends.", "Nobody is told."}
	q.Preview.Changes = append(q.Preview.Changes,
		confirm.Delta{Name: "title", After: "Boss"}, confirm.Delta{Name: "phone", Before: "12"}, confirm.Delta{Name: "same", Before: "a\u200Bb", After: "a\u200Cb"},
		confirm.Delta{Name: "more", After: "x", Item: true}, confirm.Delta{Name: "less", Before: "y", Item: true})
	page := newDesk(t).ask(q).get()
	page.mustSay(http.StatusOK,
		"Change the profile of the user in the Okta org acme.okta.com?", "Asked because it changes how the person signs in.", "All access ends.", "Nobody is told.",
		"User “Бob” (mixes alphabets) (id “00uBob4567890123456a”), display name “Bob B”", "Group “g” (id “00g1”)", "Apps: “Mail”, “Wiki” and 3 more",
		"MCP client “Claude”", "Tool update_user", "Asked at ", "Open until ", "If the program ends before, nothing is changed.",
	)
	var rows []string
	for _, row := range page.all("tr") {
		rows = append(rows, text(row))
	}
	want := []string{"Attribute Now Becomes", "“email” “a” “b”", "“title” not set “Boss”", "“phone” “12” cleared",
		"“same” “a�b” “a�b”, which differ where they are cut or cannot be shown", "“more” a list gains “x”", "“less” a list loses “y”"}
	if !slices.Equal(rows, want) {
		t.Errorf("the table of changes is %q, want %q", rows, want)
	}
	if got := text(page.all("h1")[0]); got != strings.Split(q.Text(), "\n")[0] {
		t.Errorf("the heading is %q", got)
	}
	if got := text(page.all("title")[0]); !strings.Contains(got, "Change the profile of the user in the Okta org acme.okta.com") {
		t.Errorf("the title is %q", got)
	}
}

// The rules of every form: the refusing answer first, nothing chosen or typed
// beforehand, the words those of the other askers.
func TestTheFormsOnThePageAreThoseOfEveryAsker(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	page := d.ask(question(deactivate())).get()
	goes := attribute(page.all("form")[0], "action")
	var values, labels []string
	for _, input := range page.all("input") {
		if _, checked := lookup(input, "checked"); checked {
			t.Errorf("an answer is chosen beforehand:\n%s", page.body)
		}
		if attribute(input, "type") == "radio" {
			if _, required := lookup(input, "required"); !required || attribute(input, "name") != "decision" {
				t.Errorf("a choice is not a required decision:\n%s", page.body)
			}
			values, labels = append(values, attribute(input, "value")), append(labels, text(input.Parent))
		}
	}
	schema := question(deactivate()).Schema(true)["properties"].(map[string]any)["decision"].(map[string]any)
	if !slices.Equal(values, schema["enum"].([]string)) || !slices.Equal(labels, schema["enumNames"].([]string)) || len(page.all("button")) != 1 {
		t.Errorf("the choices are %q, %q", values, labels)
	}

	page = d.ask(question(erase())).get()
	page.mustSay(http.StatusOK, "To go on, type exactly: bob@acme.example")
	input := page.field("type_to_confirm")
	for name, want := range map[string]string{"type": "text", "value": "", "autocomplete": "off", "spellcheck": "false", "autocapitalize": "none", "aria-describedby": "what", "required": ""} {
		if got, ok := lookup(input, name); got != want || !ok {
			t.Errorf("the field's %s is %q, want %q", name, got, want)
		}
	}
	forms := page.all("form")
	if len(forms) != 2 || attribute(input, "id") != "typed" {
		t.Fatalf("the page has %d forms, want one to go on and one to refuse", len(forms))
	}
	for _, to := range []string{goes, attribute(forms[0], "action"), attribute(forms[1], "action")} {
		if !strings.HasSuffix(to, "#answer") {
			t.Errorf("the form goes to %q, and an error would be out of sight", to)
		}
	}
	for node := range forms[1].Descendants() { // so that Enter in the field is never a no
		if node.Data == "button" && (attribute(node, "name") != "decision" || attribute(node, "value") != "refuse" || text(node) != "No, change nothing") {
			t.Errorf("the button to refuse is %v", node.Attr)
		}
	}
	q := question(erase())
	q.Preview.Targets[0].Name = "Ürsula"
	d.ask(q).get().mustSay(http.StatusOK, "To go on, type exactly: 23456a (the end of the id)")
}

// everyPage returns one of each page.
func everyPage(t *testing.T) []shown {
	d := newDesk(t)
	a, e, w := d.ask(question(deactivate())), d.ask(question(erase())), d.ask(harmless())
	w.withdraw()
	pages := []shown{a.get(), e.get(), a.submit(nil), e.submit(typed("x")), w.get(), w.send(w.request("PUT", w.address, "")), w.send(w.request("GET", w.address+"x", "")), w.send(w.request("POST", w.address, ""))}
	a.submit(choose("proceed"))
	e.submit(choose("refuse"))
	return append(pages, a.get(), e.get(), d.ask(harmless()).get())
}

func TestPagesAreAccessibleAndWithoutScript(t *testing.T) {
	t.Parallel()
	allowed := strings.Fields("html head meta title style body header main h1 h2 p span section ul li bdi table thead tbody tr th td dl div dt dd time code strong form fieldset legend label input button")
	for _, page := range everyPage(t) {
		ids := map[string]bool{}
		for _, node := range page.all("") {
			if !slices.Contains(allowed, node.Data) {
				t.Errorf("a page has <%s>:\n%s", node.Data, page.body)
			}
			for _, a := range node.Attr {
				if strings.HasPrefix(a.Key, "on") || slices.Contains([]string{"style", "src", "href", "autofocus", "tabindex", "formaction", "target"}, a.Key) {
					t.Errorf("a page has the attribute %s", a.Key)
				}
			}
			if id := attribute(node, "id"); id != "" {
				if ids[id] {
					t.Errorf("the id %s is there twice", id)
				}
				ids[id] = true
			}
		}
		if attribute(page.all("html")[0], "lang") != "en" || len(page.all("main")) != 1 || len(page.all("h1")) != 1 || len(page.all("title")) != 1 || text(page.all("title")[0]) == "" {
			t.Errorf("a page lacks its language, title, heading or landmark:\n%s", page.body)
		}
		for _, node := range page.all("") {
			for _, name := range []string{"aria-labelledby", "aria-describedby", "for"} {
				for _, id := range strings.Fields(attribute(node, name)) {
					if !ids[id] {
						t.Errorf("%s=%q of <%s> leads nowhere", name, id, node.Data)
					}
				}
			}
		}
		if !strings.Contains(page.body, `<meta name="color-scheme" content="light dark">`) || !strings.Contains(page.body, `<meta name="viewport" content="width=device-width, initial-scale=1">`) {
			t.Errorf("a page is for one colour scheme or one width only:\n%s", page.body)
		}
	}
}

// structure is a page without what is quoted on it: elements, attributes and our
// own words. What differs from one question to the next by itself is left out.
func structure(s shown) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Type == html.ElementNode:
			fmt.Fprintf(&b, "<%s", n.Data)
			for _, a := range n.Attr {
				fmt.Fprintf(&b, " %s=%q", a.Key, a.Val)
			}
			b.WriteString(">")
		}
		if n.Data == "bdi" {
			return
		}
		for child := range n.ChildNodes() {
			walk(child)
		}
	}
	walk(s.tree)
	return changing.ReplaceAllString(b.String(), "")
}

var changing = regexp.MustCompile(`[A-Z2-7]{26}| \(cut: \d+ characters in all\)| \(mixes alphabets\)|, which differ where they are cut or cannot be shown|datetime="[^"]*"|\d\d:\d\d:\d\d [^<]*`)

func TestHostileTextLeavesThePageOurs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	plain := structure(d.ask(harmless()).get())
	for name, put := range fields() {
		for _, hostile := range hostile() {
			q := harmless()
			put(&q, hostile)
			a := d.ask(q)
			page := a.get()
			a.withdraw()
			if got := structure(page); got != plain {
				t.Fatalf("%q as %s changed the page to\n%s", hostile, name, page.body)
			}
			for _, node := range page.all("bdi") {
				mustBeInert(t, strings.ReplaceAll("“"+text(node)+"”", "…”", "”"))
			}
			if n := strings.Count(text(page.tree), "“"); n != len(page.all("bdi"))+1 { // and “No, change nothing”, which is ours
				t.Fatalf("%q as %s: %d quotations, %d of them apart:\n%s", hostile, name, n, len(page.all("bdi")), page.body)
			}
		}
	}
}

// luminance is the relative luminance of a colour (WCAG 2.2).
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestColoursHaveTheContrastToBeRead(t *testing.T) {
	t.Parallel()
	style := newDesk(t).ask(harmless()).get().all("style")[0].FirstChild.Data
	schemes := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(style, -1)
	if len(schemes) != 2 {
		t.Fatalf("the style has %d colour schemes, want light and dark", len(schemes))
	}
	for i, scheme := range schemes {
		colours := map[string]string{}
		for _, c := range regexp.MustCompile(`--([\w-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(scheme[1], -1) {
			colours[c[1]] = c[2]
		}
		for _, pair := range []struct {
			front, back string
			least       float64
		}{{"text", "sheet", 4.5}, {"text", "ground", 4.5}, {"quiet", "sheet", 4.5}, {"quiet", "ground", 4.5}, {"wrong", "sheet", 4.5}, {"on-act", "act", 4.5}, {"act", "sheet", 3}, {"edge", "sheet", 3}} {
			one, other := luminance(t, colours[pair.front]), luminance(t, colours[pair.back])
			if ratio := (max(one, other) + 0.05) / (min(one, other) + 0.05); ratio < pair.least {
				t.Errorf("scheme %d: %s on %s has contrast %.2f, want %.1f", i, pair.front, pair.back, ratio, pair.least)
			}
		}
	}
}
