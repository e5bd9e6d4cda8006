package confirm_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"okta-mcp/confirm"
)

// mustShowNothing fails unless the page has none of the question, and the
// question is as it was.
func (a *asked) mustShowNothing(s shown) {
	a.t.Helper()
	token := a.address[strings.LastIndex(a.address, "/")+1:]
	for _, secret := range []string{"acme", "Deactivate", "bob", token, "<form"} {
		if strings.Contains(s.body, secret) {
			a.t.Fatalf("the page with status %d shows %q:\n%s", s.status, secret, s.body)
		}
	}
	a.mustBeOpen()
}

// forgeries are what another page, program or person could send to answer.
func forgeries() map[string]func(r *http.Request, form url.Values) {
	header := func(name, value string) func(*http.Request, url.Values) {
		return func(r *http.Request, _ url.Values) { r.Header.Set(name, value) }
	}
	return map[string]func(*http.Request, url.Values){
		"no token":               func(_ *http.Request, form url.Values) { form.Del("form") },
		"an empty token":         func(_ *http.Request, form url.Values) { form.Set("form", "") },
		"a wrong token":          func(_ *http.Request, form url.Values) { form.Set("form", strings.ToLower(form.Get("form"))) },
		"two tokens":             func(_ *http.Request, form url.Values) { form.Add("form", form.Get("form")) },
		"the address as a token": func(r *http.Request, form url.Values) { form.Set("form", strings.TrimPrefix(r.URL.Path, "/approve/")) },
		"the token in the query": func(r *http.Request, form url.Values) { r.URL.RawQuery = form.Encode(); clear(form) },
		"no origin":              func(r *http.Request, _ url.Values) { r.Header.Del("Origin") },
		"a null origin":          header("Origin", "null"),
		"a foreign origin":       header("Origin", "https://evil.example"),
		"another port's origin":  header("Origin", "http://127.0.0.1:1"),
		"https":                  func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "https://"+r.URL.Host) },
		"localhost":              func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "http://localhost:"+r.URL.Port()) },
		"two origins":            func(r *http.Request, _ url.Values) { r.Header.Add("Origin", r.Header.Get("Origin")) },
		"a cross-site form":      header("Sec-Fetch-Site", "cross-site"),
		"a same-site form":       header("Sec-Fetch-Site", "same-site"),
		"no site":                header("Sec-Fetch-Site", "none"),
		"plain text":             header("Content-Type", "text/plain"),
		"multipart":              header("Content-Type", "multipart/form-data; boundary=x"),
		"JSON":                   header("Content-Type", "application/json"),
		"no content type":        func(r *http.Request, _ url.Values) { r.Header.Del("Content-Type") },
		"broken content type":    header("Content-Type", "application/x-www-form-urlencoded; x"),
	}
}

func TestForgedAnswersChangeNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, other := d.ask(question(deactivate())), d.ask(question(deactivate()))
	for what, forge := range forgeries() {
		request := a.submission(a.get().token(), choose("proceed"))
		if err := request.ParseForm(); err != nil {
			t.Fatal(err)
		}
		form := request.PostForm
		forge(request, form)
		sent := a.request(http.MethodPost, request.URL.String(), form.Encode())
		sent.Header = request.Header
		got := a.send(sent)
		if got.status != http.StatusForbidden || !got.says("Nothing was changed") {
			t.Errorf("%s is answered with %d:\n%s", what, got.status, text(got.tree))
		}
		a.mustShowNothing(got)
	}
	a.send(a.submission(other.get().token(), choose("proceed"))).mustSay(http.StatusForbidden)
	big := a.submission(a.get().token(), url.Values{"decision": {"proceed"}, "note": {strings.Repeat("x", 8<<10)}})
	a.send(big).mustSay(http.StatusRequestEntityTooLarge, "Nothing was changed")
	a.mustBeOpen()
	other.mustBeOpen()
	plain := a.submission(a.get().token(), choose("proceed"))
	plain.Header.Del("Sec-Fetch-Site") // a browser that does not say so
	plain.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	a.send(plain).mustSay(http.StatusSeeOther)
	a.mustGet(yes())
	other.mustBeOpen()
}

func TestAnotherHostShowsNothing(t *testing.T) {
	t.Parallel()
	a := newDesk(t).ask(question(deactivate()))
	page := a.request(http.MethodGet, a.address, "")
	for _, host := range []string{"evil.example", "evil.example:" + page.URL.Port(), "localhost:" + page.URL.Port(), "127.0.0.1", "127.0.0.1:1", "127.0.0.1.:" + page.URL.Port(), "[::1]:" + page.URL.Port()} {
		get := a.request(http.MethodGet, a.address, "")
		post := a.submission(a.get().token(), choose("proceed"))
		post.Header.Set("Origin", "http://"+host)
		for _, request := range []*http.Request{get, post} {
			request.Host = host
			got := a.send(request)
			got.mustSay(http.StatusMisdirectedRequest, "This is the wrong address")
			a.mustShowNothing(got)
		}
	}
}

func TestPagesAreFetchedByBrowsersToBeShown(t *testing.T) {
	t.Parallel()
	a := newDesk(t).ask(question(deactivate()))
	for _, c := range []struct {
		site, mode, to string
		status         int
	}{
		{"", "", "", 200}, {"none", "navigate", "document", 200}, {"cross-site", "navigate", "document", 200}, {"same-origin", "navigate", "document", 200}, {"cross-site", "", "", 200},
		{"cross-site", "navigate", "iframe", 403}, {"same-site", "navigate", "frame", 403}, {"cross-site", "no-cors", "image", 403}, {"cross-site", "no-cors", "script", 403},
		{"same-origin", "cors", "empty", 403}, {"cross-site", "cors", "document", 403}, {"cross-site", "no-cors", "", 403}, {"same-origin", "navigate", "object", 403},
	} {
		request := a.request(http.MethodGet, a.address, "")
		for name, value := range map[string]string{"Sec-Fetch-Site": c.site, "Sec-Fetch-Mode": c.mode, "Sec-Fetch-Dest": c.to} {
			if value != "" {
				request.Header.Set(name, value)
			}
		}
		got := a.send(request)
		if got.status != c.status {
			t.Errorf("%+v is answered with %d", c, got.status)
		}
		if got.status != http.StatusOK {
			a.mustShowNothing(got)
		}
	}
}

func TestOtherAddressesAndMethodsShowNothing(t *testing.T) {
	t.Parallel()
	a := newDesk(t).ask(question(deactivate()))
	root, token, _ := strings.Cut(a.address, "/approve/")
	for _, path := range []string{"/", "/approve", "/approve/", "/approve//" + token, "/approve/" + token + "/", "/approve/" + strings.ToLower(token), "/approve/" + token[1:], "/Approve/" + token, "/" + token, "/x/../approve/" + token, "/approve/?" + token} {
		got := a.send(a.request(http.MethodGet, root+path, ""))
		got.mustSay(http.StatusNotFound, "There is no question here")
		a.mustShowNothing(got)
		post := a.submission(a.get().token(), choose("proceed"))
		post.URL.Path = strings.TrimSuffix(path, "?"+token)
		a.send(post).mustSay(http.StatusNotFound)
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodTrace, "BREW"} {
		got := a.send(a.request(method, a.address, ""))
		if got.mustSay(http.StatusMethodNotAllowed, "Nothing was changed"); got.header.Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("%s is answered with Allow %q", method, got.header.Get("Allow"))
		}
		a.mustShowNothing(got)
	}
	if got := a.send(a.request(http.MethodHead, a.address, "")); got.status != http.StatusOK || got.body != "" {
		t.Errorf("HEAD is answered with %d and %q", got.status, got.body)
	}
	a.mustBeOpen()
}

func TestEveryAnswerForbidsTheBrowserWhatItDoesNotNeed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, e := d.ask(question(deactivate())), d.ask(question(erase()))
	foreign := a.request(http.MethodGet, a.address, "")
	foreign.Host = "evil.example"
	open := a.get()
	answers := []shown{
		open, a.send(foreign), a.send(a.request(http.MethodPut, a.address, "")), a.send(a.request(http.MethodGet, a.address+"x", "")),
		a.send(a.request(http.MethodPost, a.address, "")), a.send(a.submission(open.token(), url.Values{"note": {strings.Repeat("x", 8<<10)}})),
		a.send(a.request(http.MethodGet, strings.Replace(a.address, "/approve/", "/favicon.ico?", 1), "")),
		a.submit(nil), a.submit(choose("proceed")), a.send(a.submission(open.token(), choose("proceed"))), a.get(), e.get(),
	}
	e.withdraw()
	answers = append(answers, e.get())
	seen := map[int]bool{}
	for _, got := range answers {
		seen[got.status] = true
		mustForbid(t, got)
	}
	for _, status := range []int{200, 204, 303, 403, 404, 405, 409, 410, 413, 421, 422} {
		if !seen[status] {
			t.Errorf("no answer with status %d was seen, so its headers were not", status)
		}
	}
}

func mustForbid(t *testing.T, got shown) {
	t.Helper()
	style := ""
	for _, node := range got.all("style") {
		style = node.FirstChild.Data
	}
	policy := got.header.Get("Content-Security-Policy")
	if sum := sha256.Sum256([]byte(style)); style != "" && !strings.Contains(policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';") {
		t.Errorf("%d: the policy %q does not allow the page's own style", got.status, policy)
	}
	for _, directive := range []string{"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy+";", directive+";") || strings.Contains(policy, "unsafe") {
			t.Errorf("%d: the policy is %q, without %s", got.status, policy, directive)
		}
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if values := got.header.Values(name); len(values) != 1 || values[0] != want {
			t.Errorf("%d: %s is %q, want %q", got.status, name, values, want)
		}
	}
}

// FuzzPage sends what a program on the machine might, with %A for the unguessable
// part of the address and %F for the form's token where it knows them. Only the
// exact form, to the exact address, from the exact origin is an answer.
func FuzzPage(f *testing.F) {
	const kind = "application/x-www-form-urlencoded"
	f.Add("POST", "/approve/%A", "", "", kind, "form=%F&decision=proceed", false)
	f.Add("POST", "/approve/%A", "", "", kind, "decision=refuse&form=%F", true)
	f.Add("POST", "/approve/%A?form=%F", "", "", kind, "decision=proceed", false)
	f.Add("GET", "/approve/%A?form=%F&decision=proceed", "", "", kind, "", false)
	f.Add("POST", "/approve/%A/", "localhost", "null", kind, "form=%F&type_to_confirm=bob@acme.example", true)
	f.Add("POST", "/approve/%A", "", "", kind, "form=%F&type_to_confirm=bob%40acme.example", true)
	f.Add("POST", "/approve/%A", "", "", "text/plain", "form=%F&decision=proceed;decision=refuse", false)
	d := newDesk(f)
	f.Fuzz(func(t *testing.T, method, path, host, origin, contentType, body string, typed bool) {
		d := &desk{t: t, page: d.page, clock: d.clock, opened: d.opened, client: d.client}
		r, right := deactivate(), url.Values{"decision": {"proceed"}}
		if typed {
			r, right = erase(), url.Values{"type_to_confirm": {"bob@acme.example"}}
		}
		a := d.ask(question(r))
		root, token, _ := strings.Cut(a.address, "/approve/")
		known := strings.NewReplacer("%A", token, "%F", a.get().token())
		request, err := http.NewRequestWithContext(t.Context(), method, root+known.Replace(path), strings.NewReader(known.Replace(body)))
		if err != nil || request.URL.Host != strings.TrimPrefix(root, "http://") {
			t.Skip("not a request to the page's server")
		}
		request.Host = host
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Origin", origin)
		if origin == "" {
			request.Header.Set("Origin", root)
		}
		if response, err := d.client.Do(request); err == nil {
			_ = response.Body.Close()
		}
		a.cancel()
		got := <-a.answers
		form, err := url.ParseQuery(known.Replace(body))
		if got.reply.Action == "" {
			return
		}
		if method != http.MethodPost || request.URL.Path != "/approve/"+token || host != "" && "http://"+host != root || request.Header.Get("Origin") != root ||
			err != nil || len(form) != 2 || len(form["form"]) != 1 || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), kind) {
			t.Fatalf("%s %q with %q is the answer %+v", method, path, body, got.reply)
		}
		form.Del("form")
		want := confirm.Reply{Action: "decline"}
		if form.Get("decision") != "refuse" {
			want = confirm.Reply{Action: "accept", Content: map[string]any{}}
			for name, values := range right {
				want.Content.(map[string]any)[name] = values[0]
			}
			if form.Encode() != right.Encode() {
				t.Fatalf("%q is taken for a yes", body)
			}
		}
		a.answers <- got
		a.mustGet(want)
	})
}
