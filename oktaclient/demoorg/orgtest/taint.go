package orgtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// Place is a text in an answer of the org.
type Place struct {
	Path   string // of the request: "/api/v1/groups/00g1"
	Member string // dotted, without the indices of lists: "profile.name"
	Text   string // what stands there
}

// Taint lets f choose the text of every place in the org's answers, the errors'
// included, as an insider could who names things in the org or makes it log them;
// nil: nothing is changed. f may be called concurrently.
func (s *Server) Taint(f func(Place) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taint = f
}

// Tainted serves next with the texts that f chooses.
func Tainted(next http.Handler, f func(Place) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := httptest.NewRecorder()
		next.ServeHTTP(kept, r)
		body := kept.Body.Bytes()
		if gjson.ValidBytes(body) && !isToken(r, kept.Code) {
			var out strings.Builder
			rewrite(&out, gjson.ParseBytes(body), Place{Path: r.URL.Path}, f)
			body = []byte(out.String())
		}
		for name, values := range kept.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(kept.Code)
		_, _ = w.Write(body) // the client may have left; nobody to tell
	})
}

// isToken reports an answer that signs in: it is nobody's text.
func isToken(r *http.Request, status int) bool {
	return strings.HasPrefix(r.URL.Path, "/oauth2/") && status == http.StatusOK
}

// Insiders taints what people choose, and leaves what Okta does: ids, states,
// types, times and links.
func Insiders(text string) func(Place) string {
	return func(p Place) string {
		if p.IsNamed() {
			return text
		}
		return p.Text
	}
}

// IsNamed reports whether people with some power in an org, or whoever talks to
// it, choose the text at this place.
func (p Place) IsNamed() bool {
	within := func(path, member string) bool {
		return strings.HasPrefix(p.Path, "/api/v1/"+path) && strings.HasPrefix(p.Member, member)
	}
	name := p.Member[strings.LastIndexByte(p.Member, '.')+1:]
	switch {
	case strings.Contains(p.Path, "/apps") && p.Member == "name": // the kind of app, which Okta names
		return false
	case strings.Contains(p.Path, "/meta/"): // attributes are named by letters and digits
		return name == "title" || name == "description"
	case within("users", "profile."), within("groups", "profile."), within("apps", "profile."), within("", "_embedded.groupIdToGroupNameMap."),
		within("logs", "debugContext.debugData."), within("logs", "client.userAgent."), within("logs", "securityContext."), within("logs", "target.detailEntry."),
		within("eventHooks", "channel.config.headers."), within("eventHooks", "channel.config.authScheme.key"):
		return true
	}
	return name == "value" && strings.HasSuffix(p.Member, "isplayName.value") || slices.Contains(named(), name)
}

// named are members whose text people choose wherever they stand.
func named() []string {
	return []string{
		"name", "label", "description", "displayName", "resourceDisplayName", "title", "displayMessage", "alternateId", "reason",
		"city", "state", "country", "login", "email", "firstName", "lastName", "userName", "uri", "url", "resourceUrl", "resourceIndicator", "kid",
		"scopes", "scopeId", "manufacturer", "model", "serialNumber", "udid", "vendorName", "deviceName", "phoneNumber",
		"errorSummary", "error_description", "message",
	}
}

func rewrite(out *strings.Builder, value gjson.Result, at Place, f func(Place) string) {
	switch {
	case value.IsObject():
		out.WriteByte('{')
		between := ""
		value.ForEach(func(key, member gjson.Result) bool {
			out.WriteString(between + key.Raw + ":")
			between = ","
			below := at
			below.Member = strings.TrimPrefix(at.Member+"."+key.String(), ".")
			rewrite(out, member, below, f)
			return true
		})
		out.WriteByte('}')
	case value.IsArray():
		out.WriteByte('[')
		for i, element := range value.Array() {
			if i > 0 {
				out.WriteByte(',')
			}
			rewrite(out, element, at, f)
		}
		out.WriteByte(']')
	case value.Type == gjson.String:
		at.Text = value.String()
		if text := f(at); text != at.Text {
			out.WriteString(Raw(text))
			return
		}
		out.WriteString(value.Raw)
	default:
		out.WriteString(value.Raw)
	}
}

// Raw is a text as a JSON string with as little escaped as JSON allows, so that
// whatever is in it travels as it is, bytes that are not UTF-8 too. Lone
// surrogates can only be escapes.
func Raw(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch c := text[i]; {
		case c == '"' || c == '\\':
			out.WriteString(`\` + string(r))
		case c < ' ':
			fmt.Fprintf(&out, `\u%04x`, c)
		case c == 0xed && size == 1 && i+2 < len(text):
			out.WriteString(`\u` + strconv.FormatInt(0xd000|int64(text[i+1]&0x3f)<<6|int64(text[i+2]&0x3f), 16))
			size = 3
		default:
			_, _ = io.WriteString(&out, text[i:i+size])
		}
		i += size
	}
	return out.String() + `"`
}
