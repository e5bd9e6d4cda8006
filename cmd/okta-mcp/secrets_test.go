package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
)

// password is what an agent passes where the operator allows secrets.
const password = "Correct-Horse-9-Battery"

// witness stands before an org and remembers what is secret of what passes.
type witness struct {
	mu   sync.Mutex
	seen map[string]string // what it is, by the secret
}

func newWitness() *witness { return &witness{seen: map[string]string{password: "the password"}} }

func (w *witness) note(secret, what string) {
	if len(secret) < 12 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[secret] = what
}

// key notes the lines of a PEM key and, with line ends in whatever form, its body.
func (w *witness) key(private string) {
	for line := range strings.Lines(private) {
		if !strings.HasPrefix(line, "-----") {
			w.note(strings.TrimSpace(line), "the private key")
		}
	}
	if block, _ := pem.Decode([]byte(private)); block != nil {
		w.note(base64.StdEncoding.EncodeToString(block.Bytes)[:40], "the private key")
	}
}

func (w *witness) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.note(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "an access token")
		if !isTokenRequest(r) {
			next.ServeHTTP(out, r)
			return
		}
		w.assertion(body)
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		w.note(gjson.GetBytes(answer.Body.Bytes(), "access_token").String(), "an access token")
		for name, values := range answer.Header() {
			out.Header()[name] = values
		}
		out.WriteHeader(answer.Code)
		_, _ = out.Write(answer.Body.Bytes()) // the client may have gone
	})
}

// assertion notes a client assertion: all of it, and the parts that only it has.
func (w *witness) assertion(body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return
	}
	assertion := form.Get("client_assertion")
	w.note(assertion, "a client assertion")
	if parts := strings.Split(assertion, "."); len(parts) == 3 {
		w.note(parts[1], "the claims of a client assertion")
		w.note(parts[2], "the signature of a client assertion")
	}
}

// absent fails the test where one of the secrets is in what the program said.
func (w *witness) absent(t *testing.T, said map[string]string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for secret, what := range w.seen {
		for where, text := range said {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
	}
	for where, text := range said {
		for _, mark := range []string{"PRIVATE KEY-----\nM", "eyJhbGci", "Bearer "} {
			if strings.Contains(text, mark) {
				t.Errorf("%s has %q in it", where, mark)
			}
		}
	}
}

func (w *witness) count(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, kind := range w.seen {
		if kind == what {
			n++
		}
	}
	return n
}

func TestNoSecretComesOutOfAWorkingSession(t *testing.T) {
	t.Parallel()
	w := newWitness()
	org, address := serveOrg(t, demoorg.Options{}, w.before)
	w.key(org.Credentials().PrivateKeyPEM)
	log := filepath.Join(t.TempDir(), "server.log")
	for _, extra := range [][]string{nil, {"--log-file", log}} {
		p := start(t, signInTo(org, address), append([]string{"serve", "--log-level", "DEBUG", "--allow-secrets"}, extra...)...)
		p.initialize()
		busyDay(p, org)
		p.closeInput()
		if code := p.exit(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
		w.absent(t, map[string]string{"standard output": p.output(), "standard error": p.stderr.String()})
		if extra == nil && !strings.Contains(p.stderr.String(), "DBG") {
			t.Error("nothing was logged at DEBUG, so the search proves nothing")
		}
	}
	text, err := os.ReadFile(log)
	if err != nil || !bytes.Contains(text, []byte("level=DEBUG")) {
		t.Errorf("nothing was logged at DEBUG to the file (%v), so the search proves nothing", err)
	}
	w.absent(t, map[string]string{"the log file": string(text)})
	if tokens, assertions := w.count("an access token"), w.count("a client assertion"); tokens < 4 || assertions < 4 {
		t.Errorf("the witness saw %d tokens and %d assertions, want at least 4 of each", tokens, assertions)
	}
}

// busyDay calls what succeeds, fails, asks and is refused, passwords among it.
func busyDay(p *process, org *demoorg.Org) {
	p.t.Helper()
	cast := org.Cast()
	unique := org.Credentials().KeyID + p.t.Name() + time.Now().Format("150405.000000")
	login := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(unique)) + "@acme.example"
	profile := map[string]string{"login": login, "email": login, "firstName": "New", "lastName": "Person"}
	p.toolNames()
	p.call("list_users", map[string]any{"limit": 3})
	p.call("get_user", map[string]any{"user_id": "nobody@acme.example"})
	p.call("list_users", map[string]any{"search": "no search at all"})
	p.call("list_users", map[string]any{"password": password})
	created := p.call("create_user", map[string]any{"profile": profile, "password": password})
	if created.IsError {
		p.t.Errorf("creating a user with a password, which the operator allowed: %s", created.text())
	}
	p.call("create_user", map[string]any{"profile": profile, "password": password}) // exists
	profile["login"] = "x"
	p.call("create_user", map[string]any{"profile": profile, "password": password})
	org.RevokeTokens()
	p.call("list_groups", map[string]any{})

	credentials := map[string]any{"user_id": cast.Employee.ID, "credentials": map[string]any{"password": map[string]string{"value": password}}}
	p.call("update_user", merged(credentials, "plan_only", true))
	for _, answer := range []func(message){
		p.consent,
		func(q message) { p.answer(q, "decline", nil) },
	} {
		call := p.beginCall("update_user", credentials)
		q := p.question()
		answer(q)
		call.result()
	}
	p.call("update_user", credentials) // refused without a question
	call := p.beginCall("delete_group", map[string]any{"group_id": cast.Contractors.Name})
	p.answer(p.question(), "accept", map[string]any{"type_to_confirm": password})
	call.result()
	p.write(`{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"` + password + "\n")
	receive(p, p.strays, "answer to half a message")
	p.call("get_access_status", map[string]any{})
}

func merged(m map[string]any, name string, value any) map[string]any {
	with := map[string]any{name: value}
	for k, v := range m {
		with[k] = v
	}
	return with
}

// Where the operator has not allowed secrets, the refusal repeats none.
func TestARefusedPasswordIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWitness()
	p := start(t, nil, "serve", "--demo", "--log-level", "DEBUG")
	p.initialize()
	profile := map[string]string{"login": "n@acme.example", "email": "n@acme.example", "firstName": "N", "lastName": "N"}
	for tool, arguments := range map[string]any{
		"create_user": map[string]any{"profile": profile, "password": password},
		"update_user": map[string]any{"user_id": "ada.okafor@acme.example", "credentials": map[string]any{"password": map[string]string{"value": password}}},
	} {
		if r := p.call(tool, arguments); !r.IsError || !strings.Contains(r.text(), "--allow-secrets") {
			t.Errorf("%s with a password was answered %s", tool, r.text())
		}
	}
	p.closeInput()
	p.exit()
	w.absent(t, map[string]string{"standard output": p.output(), "standard error": p.stderr.String()})
}

// A secret in the wrong shape is a secret still.
func TestAPasswordOfTheWrongTypeIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWitness()
	p := start(t, nil, "serve", "--demo", "--allow-secrets", "--log-level", "DEBUG")
	p.initialize()
	for _, c := range []struct {
		tool      string
		arguments any
	}{
		{"create_user", map[string]any{"profile": map[string]any{}, "password": []string{password}}},
		{"create_user", map[string]any{"profile": map[string]any{}, "password": map[string]string{"value": password}}},
		{"update_user", map[string]any{"user_id": "ada.okafor@acme.example", "credentials": password}},
		{"create_user", []string{password}},
	} {
		if r := p.call(c.tool, c.arguments); !r.IsError {
			t.Errorf("%s with a password of the wrong type was answered %s", c.tool, r.text())
		}
	}
	p.closeInput()
	p.exit()
	w.absent(t, map[string]string{"standard output": p.output(), "standard error": p.stderr.String()})
}

func TestNoSecretComesOutOfAFailedSignIn(t *testing.T) {
	t.Parallel()
	strange, public, err := strangeKey()
	if err != nil {
		t.Fatal(err)
	}
	answers := func(status int, body string) func(http.Handler) http.Handler {
		return func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent, _ := io.ReadAll(r.Body) // what can be echoed of it will do
				form, _ := url.ParseQuery(string(sent))
				w.WriteHeader(status)
				_, _ = io.WriteString(w, strings.ReplaceAll(body, "ECHO", form.Get("client_assertion")))
			})
		}
	}
	hangUp := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = connection.Close()
			}
		})
	}
	for name, c := range map[string]struct {
		o         demoorg.Options
		wrap      func(http.Handler) http.Handler
		variables []string
	}{
		"a wrong key":              {variables: []string{"OKTA_PRIVATE_KEY=" + strange}},
		"a wrong key, escaped":     {variables: []string{"OKTA_PRIVATE_KEY=" + strings.ReplaceAll(strange, "\n", `\n`)}},
		"a wrong kid":              {variables: []string{"OKTA_KEY_ID=another"}},
		"a wrong client":           {variables: []string{"OKTA_CLIENT_ID=0oaanother"}},
		"a scope nobody knows":     {variables: []string{"OKTA_SCOPES=okta.nonsense.read"}},
		"no scope granted":         {o: demoorg.Options{Granted: []string{}}},
		"a clock far ahead":        {o: demoorg.Options{Now: func() time.Time { return time.Now().Add(-3 * time.Hour) }}},
		"a clock far behind":       {o: demoorg.Options{Now: func() time.Time { return time.Now().Add(3 * time.Hour) }}},
		"an error that echoes":     {wrap: answers(400, `{"error":"invalid_client","error_description":"The client_assertion ECHO is no good."}`)},
		"a code that echoes":       {wrap: answers(401, `{"error":"ECHO"}`)},
		"an API error that echoes": {wrap: answers(403, `{"errorCode":"E0000006","errorSummary":"no ECHO","errorId":"ECHO"}`)},
		"a page that echoes":       {wrap: answers(502, "<html>ECHO</html>")},
		"a success that is none":   {wrap: answers(200, `{"access_token":"ECHO","token_type":"ECHO","expires_in":"ECHO"}`)},
		"a token without a scope":  {wrap: answers(200, `{"access_token":"ECHO","token_type":"Bearer"}`)},
		"a redirect":               {wrap: answers(302, `ECHO`)},
		"a connection cut":         {wrap: hangUp},
		"half a key":               {variables: []string{"OKTA_PRIVATE_KEY=" + strange[:120]}},
		"a key without its frame":  {variables: []string{"OKTA_PRIVATE_KEY=" + strings.Split(strange, "\n")[1]}},
		"a key and its frame lost": {variables: []string{"OKTA_PRIVATE_KEY=-----BEGIN RSA PRIVATE KEY-----\n" + strings.Split(strange, "\n")[1] + "\n-----END RSA PRIVATE KEY-----"}},
		"a public key":             {variables: []string{"OKTA_PRIVATE_KEY=" + public}},
		"a key for a file name":    {variables: []string{"OKTA_PRIVATE_KEY=", "OKTA_PRIVATE_KEY_FILE=" + strings.ReplaceAll(strange, "\n", `\n`)}},
		"a JWK that is broken":     {variables: []string{`OKTA_PRIVATE_KEY={"kty":"EC","crv":"P-256","d":"` + strings.Split(strange, "\n")[2] + `"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWitness()
			w.key(strange)
			org, address := serveOrg(t, c.o, func(h http.Handler) http.Handler {
				if c.wrap != nil {
					h = c.wrap(h)
				}
				return w.before(h)
			})
			w.key(org.Credentials().PrivateKeyPEM)
			said := map[string]string{}
			for _, tool := range []string{"get_access_status", "list_users"} {
				var out, problems bytes.Buffer
				command := exec.Command("okta-mcp", "call", "--log-level", "DEBUG", tool)
				command.Env = environment(append(signInTo(org, address), c.variables...)...)
				command.Stdout, command.Stderr = &out, &problems
				_ = command.Run() // it may fail: what it says counts
				if out.Len()+problems.Len() == 0 {
					t.Errorf("%s said nothing at all", tool)
				}
				said["standard output of "+tool], said["standard error of "+tool] = out.String(), problems.String()
			}
			w.absent(t, said)
		})
	}
}

// The search itself is tested: it must find what it looks for.
func TestTheWitnessKnowsWhatItSaw(t *testing.T) {
	t.Parallel()
	w := newWitness()
	org, address := serveOrg(t, demoorg.Options{}, w.before)
	w.key(org.Credentials().PrivateKeyPEM)
	command := exec.Command("okta-mcp", "call", "list_groups", "limit=1")
	command.Env = environment(signInTo(org, address)...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("list_groups: %v\n%s", err, out)
	}
	for what, want := range map[string]int{
		"the password": 1, "an access token": 1, "a client assertion": 1, "the claims of a client assertion": 1, "the signature of a client assertion": 1,
	} {
		if got := w.count(what); got != want {
			t.Errorf("the witness knows %d of %s, want %d", got, what, want)
		}
	}
	if got := w.count("the private key"); got < 2 {
		t.Errorf("the witness knows %d lines of the private key, want at least 2", got)
	}
	if raw, err := json.Marshal(org.Credentials().PrivateKeyPEM); err != nil || !strings.Contains(string(raw), strings.Split(org.Credentials().PrivateKeyPEM, "\n")[1]) {
		t.Errorf("a key in JSON would not be found (%v)", err)
	}
}
