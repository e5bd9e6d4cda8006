package demoorg

import (
	"net/url"
	"strconv"
	"strings"
)

// page is the part of a list a caller asks for.
type page struct {
	limit int
	after string
}

// page reads limit and after. A limit of none, zero or less is the default, one
// too large is cut to the largest, as Okta does.
func (c *call) page(normal, largest int) (page, error) {
	p := page{limit: normal, after: c.query.Get("after")}
	if text := c.query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return page{}, invalid("limit", "limit: The value is not a number")
		}
		if n > 0 {
			p.limit = min(n, largest)
		}
	}
	return p, nil
}

// badCursor refuses an after that this list never gave out.
func badCursor() error { return invalid("after", "after: The cursor is not valid") }

// links are the Link headers of a page: self, and next unless the cursor is "".
// keep names the query parameters that go on; Okta drops those it does not know.
func (c *call) links(p page, next string, keep ...string) []string {
	links := []string{c.link("self", p.after, p.limit, keep)}
	if next != "" {
		links = append(links, c.link("next", next, p.limit, keep))
	}
	return links
}

func (c *call) link(rel, after string, limit int, keep []string) string {
	var b strings.Builder
	b.WriteString("<" + c.base + c.path + "?")
	if after != "" {
		b.WriteString("after=" + url.QueryEscape(after) + "&")
	}
	b.WriteString("limit=" + strconv.Itoa(limit))
	for _, name := range keep {
		if v := c.query.Get(name); v != "" {
			b.WriteString("&" + name + "=" + url.QueryEscape(v))
		}
	}
	b.WriteString(`>; rel="` + rel + `"`)
	return b.String()
}
