package tools_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"okta-mcp/tools"
)

// entry is the way into an org for a person: signed out until it is let in.
type entry struct {
	tools.Access

	mu      sync.Mutex
	in      bool
	begun   int
	fails   error
	changes func()
}

func (e *entry) Status() tools.Status {
	status := e.Access.Status()
	e.mu.Lock()
	defer e.mu.Unlock()
	status.Method = "device_code"
	if !e.in {
		status.SignedIn, status.Granted, status.Problem = false, nil, "nobody is signed in"
	}
	return status
}

func (e *entry) Changes(f func()) func() {
	e.changes = f
	return func() {}
}

func (e *entry) Begin(context.Context) (tools.Verification, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.begun++
	return tools.Verification{URI: "https://acme.okta.com/activate", Code: "SKDTJQPB", Expires: time.Now().Add(time.Hour)}, e.fails
}

func (e *entry) let() {
	e.mu.Lock()
	e.in = true
	e.mu.Unlock()
	e.changes()
}

func signedOut(t *testing.T) (*world, *entry) {
	t.Helper()
	e := &entry{}
	w := newWorld(t, setup{signIn: e, access: func(a tools.Access) tools.Access { e.Access = a; return e }})
	return w, e
}

func TestSigningInIsOfferedWhileSignedOut(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		w, e := signedOut(t)
		p := w.connect(version, nil)
		if got := namesOf(list(t, p)); !slices.Equal(got, []string{"get_access_status", "sign_in"}) {
			t.Errorf("%s: signed out, %v are listed", version, got)
		}
		p.call("list_users", args{}).mustFail("not signed in", "the tool sign_in")
		var out struct {
			URI  string `json:"verification_uri"`
			Code string `json:"user_code"`
			Next string
		}
		p.call("sign_in", args{}).mustWork(&out)
		if out.URI != "https://acme.okta.com/activate" || out.Code != "SKDTJQPB" || out.Next == "" {
			t.Errorf("%s: sign_in answers %+v", version, out)
		}
		e.let()
		if got := namesOf(list(t, p)); slices.Contains(got, "sign_in") || len(got) < 50 {
			t.Errorf("%s: signed in, %v are listed", version, got)
		}
		p.call("sign_in", args{}).mustFail("signed in already")
		p.call("list_users", args{}).mustWork(nil)
	}
}

func TestNobodySignsInToAServerThatDoesSoByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", accepting)
	if slices.Contains(namesOf(list(t, p)), "sign_in") {
		t.Error("sign_in is listed")
	}
	p.call("sign_in", args{}).mustFail("not offered", "by itself")
}

func TestASignInThatCannotBeginSaysWhy(t *testing.T) {
	t.Parallel()
	w, e := signedOut(t)
	e.fails = errors.New("the org has no such app")
	w.connect("2025-11-25", nil).call("sign_in", args{}).mustFail("not signed in", "the org has no such app")
}

func TestAClientThatCanShowsTheAddressOnce(t *testing.T) {
	t.Parallel()
	for _, byURL := range []bool{true, false} {
		w, _ := signedOut(t)
		shown := make(chan mcp.ElicitationParams, 3)
		p := &peer{w: w, caller: "test", elicits: true, byURL: byURL, answer: func(_ context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			shown <- q
			return acting("accept")(t.Context(), q)
		}}
		p.join("2025-11-25")
		for range 3 {
			p.call("sign_in", args{}).mustWork(nil)
		}
		if !byURL {
			if len(shown) > 0 {
				t.Errorf("a client that shows no addresses was asked to: %+v", <-shown)
			}
			continue
		}
		q := <-shown
		if q.Mode != "url" || q.URL != "https://acme.okta.com/activate" || !strings.Contains(q.Message, "SKDTJQPB") || !strings.Contains(q.Message, "127.0.0.1") {
			t.Errorf("the client is asked to show %+v", q)
		}
		if len(shown) > 0 {
			t.Errorf("the client is asked again: %+v", <-shown)
		}
	}
}
