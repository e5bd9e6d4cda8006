package confirm_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"okta-mcp/confirm"
)

// desk is a person's desktop: pages that are opened on it can be fetched, and
// forms on them sent.
type desk struct {
	t      testing.TB
	page   *confirm.Page
	clock  *clock
	opened chan string // the addresses
	client *http.Client
	taken  chan string // the addresses that were taken back from the disk
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	transport := &http.Transport{ExpectContinueTimeout: time.Minute}
	d := &desk{t: t, clock: newClock(), opened: make(chan string, 2000), taken: make(chan string, 2000), client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	d.page = confirm.NewPage(confirm.PageOptions{
		Desktop: func() (bool, string) { return true, "" },
		Open: func(address string) (func(), error) {
			d.opened <- address
			return func() { d.taken <- address }, nil
		},
		Now: d.clock.now,
	})
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		d.page.Close()
	})
	return d
}

// asked is a question on its way, with the address that was opened.
type asked struct {
	*desk
	address string
	cancel  context.CancelFunc
	answers chan answer
}

type answer struct {
	reply confirm.Reply
	err   error
}

// ask asks for five minutes.
func (d *desk) ask(q confirm.Question) *asked {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 5*time.Minute)
	d.t.Cleanup(cancel)
	a := &asked{desk: d, cancel: cancel, answers: make(chan answer, 1)}
	go func() {
		reply, err := d.page.Ask(ctx, q)
		a.answers <- answer{reply, err}
	}()
	select {
	case a.address = <-d.opened:
	case got := <-a.answers:
		d.t.Fatalf("no page was opened, and the answer was %+v", got)
	}
	return a
}

// mustGet fails unless the question gets the reply.
func (a *asked) mustGet(want confirm.Reply) {
	a.t.Helper()
	got := <-a.answers
	if got.err != nil || got.reply.Action != want.Action || !sameContent(got.reply.Content, want.Content) {
		a.t.Fatalf("the answer is %+v (%v), want %+v", got.reply, got.err, want)
	}
}

// mustFail fails unless the question ends without an answer, for that reason.
func (a *asked) mustFail(reason error) {
	a.t.Helper()
	if got := <-a.answers; !errors.Is(got.err, reason) || got.reply.Action != "" {
		a.t.Fatalf("the question ended with %+v (%v), want %v", got.reply, got.err, reason)
	}
}

// withdraw gives the question up, as a call does that is cancelled.
func (a *asked) withdraw() {
	a.t.Helper()
	a.cancel()
	a.mustFail(context.Canceled)
}

// mustBeOpen fails unless the question is still open and can be answered.
func (a *asked) mustBeOpen() {
	a.t.Helper()
	select {
	case got := <-a.answers:
		a.t.Fatalf("the question is over: %+v", got)
	default:
	}
	if shown := a.get(); shown.status != http.StatusOK || shown.token() == "" {
		a.t.Fatalf("the page of an open question is %d:\n%s", shown.status, shown.body)
	}
}

func sameContent(a, b any) bool {
	one, _ := a.(map[string]any)
	other, _ := b.(map[string]any)
	if len(one) != len(other) {
		return false
	}
	for name, value := range one {
		if other[name] != value {
			return false
		}
	}
	return true
}

// shown is what a browser got.
type shown struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	tree   *html.Node
}

func (d *desk) send(request *http.Request) shown {
	d.t.Helper()
	response, err := d.client.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	tree, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		d.t.Fatal(err)
	}
	return shown{d.t, response.StatusCode, response.Header, string(body), tree}
}

func (d *desk) request(method, address, body string) *http.Request {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	return request
}

func (a *asked) get() shown {
	a.t.Helper()
	return a.send(a.request(http.MethodGet, a.address, ""))
}

// submission is the request of the page's own form with the fields.
func (a *asked) submission(token string, fields url.Values) *http.Request {
	a.t.Helper()
	form := url.Values{"form": {token}}
	for name, values := range fields {
		form[name] = values
	}
	request := a.request(http.MethodPost, a.address, form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", "http://"+request.URL.Host)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return request
}

// submit fetches the page and sends its form with the fields.
func (a *asked) submit(fields url.Values) shown {
	a.t.Helper()
	return a.send(a.submission(a.get().token(), fields))
}

func choose(option string) url.Values { return url.Values{"decision": {option}} }
func typed(text string) url.Values    { return url.Values{"type_to_confirm": {text}} }

// token returns the form's token, which every form of a page has.
func (s shown) token() string {
	s.t.Helper()
	var token string
	for _, input := range s.all("input") {
		if attribute(input, "name") == "form" {
			token = attribute(input, "value")
		}
	}
	return token
}

// all returns the elements with the name, in order; "" stands for every name.
func (s shown) all(name string) []*html.Node {
	var found []*html.Node
	for node := range s.tree.Descendants() {
		if node.Type == html.ElementNode && (name == "" || node.Data == name) {
			found = append(found, node)
		}
	}
	return found
}

// says reports whether the page shows the words, however they are marked up.
func (s shown) says(words string) bool { return strings.Contains(text(s.tree), words) }

func (s shown) mustSay(status int, words ...string) {
	s.t.Helper()
	if s.status != status {
		s.t.Fatalf("the page has status %d, want %d:\n%s", s.status, status, text(s.tree))
	}
	for _, word := range words {
		if !s.says(word) {
			s.t.Fatalf("the page does not say %q:\n%s", word, text(s.tree))
		}
	}
}

// text is the text of a node without that of styles, with single spaces.
func text(n *html.Node) string {
	var b strings.Builder
	for node := range n.Descendants() {
		if node.Type == html.TextNode && node.Parent.Data != "style" {
			b.WriteString(node.Data)
		}
		if node.Type == html.ElementNode && node.Data != "bdi" {
			b.WriteString(" ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attribute(n *html.Node, name string) string {
	value, _ := lookup(n, name)
	return value
}

func lookup(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}
