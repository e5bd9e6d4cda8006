package tools

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient"
)

// defaultLimit is how many items a list asks Okta for when no limit is given.
const defaultLimit = 50

// What an answer needs beside its items and its cursor, and what a cursor that
// stops within a page is longer by, in bytes.
const (
	envelope   = 640
	maxAnchors = 3
	anchorSize = 180
)

// maxEmptyPages bounds how many pages without an item are followed in one call:
// Okta may filter a page empty and still have a next one.
const maxEmptyPages = 5

// Paging is what every list takes.
type Paging struct {
	Limit  int      `json:"limit,omitempty" jsonschema:"default 50" min:"1" max:"200"`
	Cursor string   `json:"cursor,omitempty" jsonschema:"an answer's next_cursor"`
	Fields []string `json:"fields,omitempty" jsonschema:"dotted paths; * is all" max:"50"`
}

func (p Paging) limit() int {
	if p.Limit == 0 {
		return defaultLimit
	}
	return p.Limit
}

// finding is the three ways in which Okta finds users and groups.
type finding struct{ search, filter, q string }

// query takes one of the ways and joins the shorthand parameter's expression to
// it, or uses that alone as the parameter named.
func (f finding) query(parameter, shorthand, alone string) (oktaclient.Query, error) {
	if err := cmp.Or(balanced("search", f.search), balanced("filter", f.filter)); err != nil {
		return nil, err
	}
	query := url.Values{}
	for name, value := range map[string]string{"search": f.search, "filter": f.filter, "q": f.q} {
		if value != "" {
			query.Set(name, value)
		}
	}
	switch {
	case len(query) > 1:
		return nil, &ArgumentError{Problem: "search, filter and q exclude each other; give one"}
	case shorthand == "":
		return query, nil
	case f.q != "":
		return nil, &ArgumentError{Problem: parameter + " does not combine with q; use search, for instance with sw"}
	}
	for name, values := range query {
		query.Set(name, "("+values[0]+") and "+shorthand)
	}
	if len(query) == 0 {
		query.Set(alone, shorthand)
	}
	return query, nil
}

// balanced refuses an expression that would end the parentheses put around it,
// and so undo the other arguments.
func balanced(parameter, expression string) error {
	depth, quoted, escaped := 0, false, false
	for _, r := range expression {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth < 0 {
				return unbalanced(parameter)
			}
		}
	}
	if quoted || depth != 0 {
		return unbalanced(parameter)
	}
	return nil
}

func unbalanced(parameter string) error {
	return &ArgumentError{Problem: parameter + " has parentheses or quotation marks that do not match"}
}

// searchWith is the query of a list that is searched, and narrowed by a status.
func searchWith(search, status string) (oktaclient.Query, error) {
	shorthand := ""
	if status != "" {
		shorthand = "status eq " + scimString(status)
	}
	return finding{search: search}.query("status", shorthand, "search")
}

// List is what every list answers. Count counts these items; NextCursor is
// absent exactly at the end, or where Okta offers no next page: then Truncated
// is true and Notes say what to use instead.
type List struct {
	Items      []json.RawMessage `json:"items"`
	Count      int               `json:"count"`
	NextCursor string            `json:"next_cursor,omitempty"`
	Truncated  bool              `json:"truncated,omitempty"`
	Omitted    []string          `json:"omitted,omitempty"`
	Notes      []string          `json:"notes,omitempty"`
}

// listing is one call of one list: where it reads, what it shows, and how its
// cursor is told from another's.
type listing struct {
	paging  Paging
	view    view
	key     []string         // what the query does not say: ids of the path
	query   oktaclient.Query // the first page's, without limit
	times   oktaclient.Query // more of it, which a cursor is not held to
	fetch   fetch
	id      string                                                // the member that tells items apart, if not "id"
	whole   bool                                                  // Okta answers the list at once, whatever limit says
	endless bool                                                  // every page has a next one: an empty page is the end for now
	note    func(onPage, limit int) (truncated bool, note string) // optional: of Okta's last page
}

// cursor is where a list goes on: at an item of the page that the query reads.
// It holds no URL, so it cannot lead to another operation or host.
type cursor struct {
	Query   string   `json:"q"`
	Offset  int      `json:"o,omitempty"` // items of that page already answered
	Anchors []string `json:"a,omitempty"` // ids of the last of them, latest first: the page may have moved
	Hash    string   `json:"h"`           // of the arguments it belongs to
}

func (l listing) run(ctx context.Context, c *Call) (List, error) {
	at, err := l.start()
	if err != nil {
		return List{}, err
	}
	for range maxEmptyPages {
		query, err := url.ParseQuery(at.Query)
		if err != nil {
			return List{}, &ArgumentError{Problem: "the cursor is damaged; start again without it"}
		}
		answer, err := l.fetch(ctx, query)
		if err != nil {
			return List{}, err
		}
		list, err := l.fill(answer, at, c.Options.MaxResultBytes)
		if err != nil || list.Count > 0 || list.NextCursor == "" {
			return list, err
		}
		at = cursor{Query: answer.Next.Encode(), Hash: at.Hash}
	}
	return List{Items: []json.RawMessage{}, NextCursor: at.encode(),
		Notes: []string{"Okta has answered several empty pages so far; continue with next_cursor"}}, nil
}

func (l listing) start() (cursor, error) {
	hash := l.hash()
	if l.paging.Cursor != "" {
		return decodeCursor(l.paging.Cursor, hash)
	}
	query := url.Values{}
	maps.Copy(query, l.query)
	maps.Copy(query, l.times)
	if !l.whole {
		query.Set("limit", strconv.Itoa(l.paging.limit()))
	}
	return cursor{Query: query.Encode(), Hash: hash}, nil
}

// hash covers the arguments that choose the items; limit and fields may change
// from page to page.
func (l listing) hash() string {
	sum := sha256.Sum256([]byte(strings.Join(l.key, "\x00") + "\x00" + l.query.Encode()))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

func (a cursor) encode() string {
	b, _ := json.Marshal(a) // strings and an int always marshal
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeCursor(s, hash string) (cursor, error) {
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	switch {
	case err != nil || c.Offset < 0 || c.Query == "" && c.Offset == 0:
		return cursor{}, &ArgumentError{Problem: "the cursor is not one that a list answered; give next_cursor back unchanged, or start again without it"}
	case c.Hash != hash:
		return cursor{}, &ArgumentError{Problem: "the cursor belongs to a list with other arguments; repeat the arguments it was answered for, or start again without it"}
	}
	return c, nil
}

// fill turns a page into an answer of at most budget bytes, cut at a whole item.
func (l listing) fill(answer *oktaclient.Answer, at cursor, budget int) (List, error) {
	items, err := answer.Items()
	if err != nil {
		return List{}, err
	}
	ids := names(items, firstNonEmpty(l.id, "id"))
	skipped, twice := at.skip(ids)
	list := List{Items: make([]json.RawMessage, 0, len(items)-skipped)}
	if twice {
		list.Notes = append(list.Notes, "the list changed since the last answer; some items of it come again")
	}
	next := ""
	if answer.Next != nil && !(l.endless && len(items) == 0) {
		next = cursor{Query: answer.Next.Encode(), Hash: at.Hash}.encode()
	}
	left := budget - envelope - max(len(next), len(at.encode())+anchorSize)
	for i, item := range items[skipped:] {
		shown := l.view.apply(item, l.paging.Fields)
		if len(shown)+1 > left && i == 0 {
			shown, list.Omitted = shrink(shown, left-1)
		}
		if i > 0 && (len(shown)+1 > left || l.whole && i >= l.paging.limit()) {
			next = cursor{Query: at.Query, Offset: skipped + i, Anchors: anchors(ids[:skipped+i]), Hash: at.Hash}.encode()
			if len(shown)+1 > left && len(l.paging.Fields) == 0 {
				list.Notes = append(list.Notes, "cut at the size of an answer; more items fit with fields")
			}
			break
		}
		left -= len(shown) + 1
		list.Items = append(list.Items, shown)
	}
	list.Count, list.NextCursor = len(list.Items), next
	l.annotate(&list, at, len(items))
	return list, nil
}

// anchors returns the ids of the last items answered, latest first. Items
// without an id have none, and the offset alone counts.
func anchors(answered []string) []string {
	var ids []string
	for i := len(answered) - 1; i >= 0 && len(ids) < maxAnchors; i-- {
		if answered[i] != "" {
			ids = append(ids, answered[i])
		}
	}
	return ids
}

// skip returns how many items of the page were answered before. The anchors win
// over the offset: items may have come or gone in between. Where they are gone or
// stand in another order, it is the earliest place that loses nothing, and some
// items come twice.
func (a cursor) skip(ids []string) (skipped int, twice bool) {
	if len(a.Anchors) == 0 {
		return min(a.Offset, len(ids)), false
	}
	var at []int // where the anchors are now, latest first
	for _, anchor := range a.Anchors {
		if i := slices.Index(ids, anchor); i >= 0 {
			at = append(at, i)
		}
	}
	switch {
	case len(at) == 0:
		return 0, true
	case at[0]-at[len(at)-1] == len(at)-1 && slices.IsSortedFunc(at, func(a, b int) int { return b - a }):
		return at[0] + 1, false
	}
	return slices.Min(at) + 1, true
}

func (l listing) annotate(list *List, at cursor, onPage int) {
	if len(list.Omitted) > 0 {
		list.Notes = append(list.Notes, "an item alone is larger than an answer may be; omitted names what was left out, and fields can ask for it alone")
	}
	for _, field := range l.paging.Fields {
		if field != everything && list.Count > 0 && !slices.ContainsFunc(list.Items, func(item json.RawMessage) bool {
			return len(project(gjson.ParseBytes(item), []string{field})) > len("{}")
		}) {
			list.Notes = append(list.Notes, fmt.Sprintf("no item here has a value at %q", field))
		}
	}
	if list.NextCursor == "" && l.note != nil {
		query, err := url.ParseQuery(at.Query)
		limit, errLimit := strconv.Atoi(query.Get("limit"))
		if err != nil || errLimit != nil {
			limit = 0 // unknown: then what may be cut is said to be
		}
		truncated, note := l.note(onPage, limit)
		list.Truncated = truncated
		if note != "" {
			list.Notes = append(list.Notes, note)
		}
	}
}

// encode is encode for a list. Its items are JSON already, and encoding/json
// would go through every byte of them twice more.
func (l List) encode() (json.RawMessage, error) {
	const start = `{"items":[`
	items := l.Items
	l.Items = []json.RawMessage{}
	rest, err := encode(l)
	if err != nil {
		return nil, err
	}
	size := len(rest)
	for _, item := range items {
		size += len(item) + 1
	}
	out := make([]byte, 0, size)
	out = append(out, start...)
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, item...)
	}
	return append(out, rest[len(start):]...), nil
}

// wrapped reads a list that Okta puts into a member of an object, with the next
// page's address beside it instead of in a header.
func wrapped(member string, read fetch) fetch {
	return func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
		answer, err := read(ctx, q)
		if err != nil {
			return nil, err
		}
		if gjson.ParseBytes(answer.Body).IsArray() { // as most of Okta's lists are
			return answer, nil
		}
		list, next := gjson.GetBytes(answer.Body, member), gjson.GetBytes(answer.Body, "_links.next.href")
		if !list.IsArray() {
			return nil, fmt.Errorf("read okta's answer: it has no list %q", member)
		}
		unwrapped := *answer
		unwrapped.Body = json.RawMessage(list.Raw)
		if next.String() != "" { // only its query counts: the operation stays the same
			address, err := url.Parse(next.String())
			if err != nil {
				return nil, fmt.Errorf("read the address of the next page: %w", err)
			}
			unwrapped.Next = address.Query()
		}
		return &unwrapped, nil
	}
}
