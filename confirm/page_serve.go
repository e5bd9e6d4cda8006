package confirm

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

const (
	pagePath  = "/approve/"
	formToken = "form"
	maxForm   = 8 << 10 // bytes of a submitted form
)

// contentPolicy forbids a page everything but its one style and its own forms.
func contentPolicy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}

// serve answers every request. Its checks go from whom the request is for to
// what it says, and no answer before the last shows anything of a question.
func (p *Page) serve(w http.ResponseWriter, r *http.Request) {
	p.setHeaders(w.Header())
	token, approve := strings.CutPrefix(r.URL.Path, pagePath)
	switch {
	case r.Host != p.host: // a name that was made to point here (DNS rebinding)
		p.write(w, http.StatusMisdirectedRequest, wrongHost())
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, HEAD, POST")
		p.write(w, http.StatusMethodNotAllowed, wrongMethod())
		return
	case r.URL.Path == "/favicon.ico":
		w.WriteHeader(http.StatusNoContent)
		return
	case r.Method == http.MethodPost && !p.ownForm(r), r.Method != http.MethodPost && !visit(r.Header):
		p.write(w, http.StatusForbidden, forbidden())
		return
	}
	s, known := p.find(token)
	switch {
	case !approve || !known:
		p.write(w, http.StatusNotFound, unknown())
	case r.Method == http.MethodPost:
		p.submit(w, r, s)
	default:
		if r.Method == http.MethodGet {
			p.noteFetched(token)
		}
		p.write(w, s.status(), s.view())
	}
}

func (p *Page) setHeaders(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	// With no-referrer, browsers send "Origin: null" with the page's own form.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// visit reports whether a browser asks in order to show the page by itself.
// Browsers that do not say what they ask for are believed.
func visit(h http.Header) bool {
	if to := h.Values("Sec-Fetch-Dest"); len(to) > 0 && !only(to, "document") {
		return false
	}
	mode := h.Values("Sec-Fetch-Mode")
	return !only(h.Values("Sec-Fetch-Site"), "cross-site") || len(mode) == 0 || only(mode, "navigate")
}

// ownForm reports whether a form comes from a page of ours.
func (p *Page) ownForm(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	site := r.Header.Values("Sec-Fetch-Site")
	return err == nil && kind == "application/x-www-form-urlencoded" &&
		only(r.Header.Values("Origin"), "http://"+p.host) &&
		(len(site) == 0 || only(site, "same-origin"))
}

// submit takes the form of a page. A counted answer leads back to the page, so
// that reloading it submits nothing.
func (p *Page) submit(w http.ResponseWriter, r *http.Request, s sheet) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		status := http.StatusForbidden
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			status = http.StatusRequestEntityTooLarge
		}
		p.write(w, status, forbidden())
		return
	}
	given := r.PostForm[formToken]
	if len(given) != 1 || subtle.ConstantTimeCompare([]byte(given[0]), []byte(s.form)) != 1 {
		p.write(w, http.StatusForbidden, forbidden())
		return
	}
	how, reply := s.read(r.PostForm)
	switch {
	case s.ending == stillOpen && how == stillOpen:
		p.write(w, http.StatusUnprocessableEntity, s.viewAgain(r.PostForm.Get(fieldTyped)))
	case p.answer(s.token, how, reply):
		w.Header().Set("Location", pagePath+s.token)
		w.WriteHeader(http.StatusSeeOther)
	default:
		p.tooLate(w, s.token, how)
	}
}

// answer ends the question with the token as answered, and reports whether the
// answer counts.
func (p *Page) answer(token string, how ending, reply Reply) bool {
	p.mu.Lock()
	s := p.sheets[token]
	p.mu.Unlock()
	return s != nil && how != stillOpen && p.end(s, how, reply)
}

// tooLate tells whoever sent an answer to a question that is over what counted. A
// no is passed on: it is an answer to the next such question.
func (p *Page) tooLate(w http.ResponseWriter, token string, how ending) {
	s, known := p.find(token)
	no := known && how == declined && s.ending != declined
	if no {
		if s = p.regret(token); s.question.Late != nil {
			s.question.Late()
		}
	}
	switch {
	case !known:
		p.write(w, http.StatusNotFound, unknown())
	case s.unanswered():
		p.write(w, http.StatusGone, s.viewTooLate(no))
	default:
		p.write(w, http.StatusConflict, s.viewTooLate(no))
	}
}

// regret remembers that a no came after the end.
func (p *Page) regret(token string) sheet {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.sheets[token]
	if s == nil {
		return sheet{}
	}
	s.regretted = true
	return *s
}

// read returns the answer in a form: one field with one value beside the form's
// own token, and that value one that counts. Anything else leaves it open.
func (s sheet) read(form url.Values) (ending, Reply) {
	for name, values := range form {
		if name == formToken {
			continue
		}
		if len(form) != 2 || len(values) != 1 {
			break
		}
		content := map[string]any{name: values[0]}
		switch {
		case isOnly(content, fieldDecision, optionRefuse):
			return declined, Reply{Action: "decline"}
		case s.question.Accepts(content):
			return approved, Reply{Action: "accept", Content: content}
		}
	}
	return stillOpen, Reply{}
}

// status is that of showing the sheet.
func (s sheet) status() int {
	if s.unanswered() {
		return http.StatusGone
	}
	return http.StatusOK
}

// write answers with a page, made before anything of it is sent.
func (p *Page) write(w http.ResponseWriter, status int, v view) {
	v.Style = pageStyle
	var page bytes.Buffer
	if err := p.template.Execute(&page, v); err != nil {
		status = http.StatusInternalServerError
		page.Reset()
	}
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // a browser that has gone misses nothing that counts
}

func only(values []string, value string) bool { return len(values) == 1 && values[0] == value }
