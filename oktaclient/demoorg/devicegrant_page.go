package demoorg

import (
	"fmt"
	"html/template"
	"net/http"
	"time"
)

// activatePage stands in for Okta's page, where people sign in before they say
// yes: here whoever can reach the org names the person.
const activatePage = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Activate your device</title>
<style>body { font: 16px/1.5 sans-serif; max-width: 30em; margin: 3em auto; padding: 0 1em } label, input { display: block } input { font: inherit; margin-bottom: 1em; width: 100%; box-sizing: border-box } button { font: inherit; padding: .3em 1em }</style>
</head>
<body>
<h1>Activate your device</h1>
{{with .Problem}}<p role="alert">{{.}}</p>{{end}}
{{with .Done}}<p>{{.}}</p>{{else}}
{{if .Client}}
<p><strong>{{.Client}}</strong> wants to act for you in this org.</p>
<ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form method="post" action="/activate">
<input type="hidden" name="user_code" value="{{.Code}}">
<p>Only go on if your device shows the code <strong>{{.Code}}</strong>.</p>
<label for="login">Sign in as</label>
<input id="login" name="login" autocomplete="username" placeholder="{{.Somebody}}">
<button name="decision" value="deny">No, deny</button>
<button name="decision" value="allow">Yes, allow</button>
</form>
{{else}}
<form method="get" action="/activate">
<label for="user_code">Code that your device shows</label>
<input id="user_code" name="user_code" autocomplete="off" autocapitalize="characters" required>
<button>Next</button>
</form>
{{end}}{{end}}
</body>
</html>
`

// activation is what the page says.
type activation struct {
	Problem, Done, Client, Code, Somebody string
	Scopes                                scopes
}

// serveActivation answers the page where a person enters a device's code and
// says yes or no.
func (o *Org) serveActivation(w http.ResponseWriter, r *http.Request, now time.Time) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		showActivation(w, http.StatusBadRequest, activation{Problem: "The form could not be read."})
		return
	}
	code := r.Form.Get("user_code")
	var said activation
	var err error
	switch decision := r.PostForm.Get("decision"); {
	case decision == "allow":
		said.Done, err = "Device activated. You can go back to it and close this page.", o.Activate(code, r.PostForm.Get("login"))
	case decision == "deny":
		said.Done, err = "Device denied. You can close this page.", o.Deny(code)
	case code == "":
	default:
		said = o.question(code, now)
	}
	status := http.StatusOK
	if err != nil {
		said = o.question(code, now)
		said.Problem = "That did not work: " + err.Error() + "."
	}
	if said.Problem != "" {
		status = http.StatusBadRequest
	}
	showActivation(w, status, said)
}

// question describes the device that waits for a code.
func (o *Org) question(code string, now time.Time) activation {
	defer o.lockTokens()()
	g := o.tokens.waiting(code, now)
	if g == nil {
		return activation{Problem: fmt.Sprintf("No device waits for the code %q. It is wrong, used or expired.", code)}
	}
	return activation{Client: g.client.app.label, Code: g.userCode, Somebody: o.cast.SuperAdmin.Login, Scopes: g.scopes}
}

func showActivation(w http.ResponseWriter, status int, said activation) {
	page, err := template.New(activatePath).Parse(activatePage)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_ = page.Execute(w, said) // the client may have left; nobody to tell
}
