package oktaclient_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"okta-mcp/oktaclient"
)

const here = "https://acme.okta.com/api/v1/users"

func TestNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		links []string
		next  string // the query wanted; "" for none
		err   string
	}{
		"none":              {nil, "", ""},
		"self only":         {[]string{`<` + here + `?limit=2>; rel="self"`}, "", ""},
		"two headers":       {[]string{`<` + here + `?limit=2>; rel="self"`, `<` + here + `?after=x&limit=2>; rel="next"`}, "after=x&limit=2", ""},
		"comma-joined":      {[]string{`<` + here + `>; rel="self", <` + here + `?after=x>; rel="next"`}, "after=x", ""},
		"commas in target":  {[]string{`<` + here + `?q=a,b;c=d&after=1>; rel=self,<` + here + `?fields=id,status&after=x>;rel=next`}, "after=x&fields=id%2Cstatus", ""},
		"quoted params":     {[]string{`<` + here + `?after=x>; title="a, <b>; rel=\"prev\""; rel="next"`}, "after=x", ""},
		"several relations": {[]string{`<` + here + `?after=x>; rel="last Next"`}, "after=x", ""},
		"first rel counts":  {[]string{`<` + here + `?after=x>; rel=self; rel=next`}, "", ""},
		"like next":         {[]string{`<` + here + `?after=x>; rel="nextish"`}, "", ""},
		"plus and escapes":  {[]string{`<` + here + `?after=a%2Bb&search=x+eq+%22y%22>; rel="next"`}, "after=a%2Bb&search=x+eq+%22y%22", ""},
		"upper-case host":   {[]string{`<https://ACME.okta.com:443/api/v1/users?after=x>; rel="next"`}, "after=x", ""},
		"relative":          {[]string{`</api/v1/users?after=x>; rel="next"`}, "after=x", ""},
		"unclosed":          {[]string{`<` + here + `?after=x; rel="next"`}, "", ""},
		"rubbish first":     {[]string{`rubbish`, `<` + here + `?after=x>; rel="next"`}, "after=x", ""},
		"other host":        {[]string{`<https://evil.example/api/v1/users?after=x>; rel="next"`}, "", "leads away"},
		"protocol-relative": {[]string{`<//evil.example/api/v1/users?after=x>; rel="next"`}, "", "leads away"},
		"user in front":     {[]string{`<https://acme.okta.com@evil.example/api/v1/users>; rel="next"`}, "", "leads away"},
		"with a user":       {[]string{`<https://joe@acme.okta.com/api/v1/users?after=x>; rel="next"`}, "", "leads away"},
		"other port":        {[]string{`<https://acme.okta.com:444/api/v1/users>; rel="next"`}, "", "leads away"},
		"other scheme":      {[]string{`<http://acme.okta.com/api/v1/users?after=x>; rel="next"`}, "", "leads away"},
		"other path":        {[]string{`<https://acme.okta.com/api/v1/groups?after=x>; rel="next"`}, "", "another endpoint"},
		"bad query":         {[]string{`<` + here + `?after=%zz>; rel="next"`}, "", "malformed"},
		"bad URL":           {[]string{`<https://acme.okta.com:port/>; rel="next"`}, "", "not a URL"},
	} {
		org := open(t, "https://acme.okta.com", func(o *oktaclient.Options) {
			o.Transport = replying(200, http.Header{"Link": c.links}, `[]`)
		})
		got, err := org.ListUsers(t.Context(), nil)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "evil") {
				t.Errorf("%s: %v; want an error with %q that does not repeat the link", name, err, c.err)
			}
			continue
		}
		if err != nil || got.Next.Encode() != c.next || (got.Next == nil) != (c.next == "") {
			t.Errorf("%s: %+v, %v; want next %q", name, got, err, c.next)
		}
	}
}

func TestNextIsForReadsOnly(t *testing.T) {
	t.Parallel()
	h := http.Header{"Link": {`<https://evil.example/>; rel="next"`}}
	org := open(t, "https://acme.okta.com", func(o *oktaclient.Options) { o.Transport = replying(200, h, `{}`) })
	if got, err := org.SuspendUser(t.Context(), "00u1"); err != nil || got.Next != nil {
		t.Errorf("a write that succeeded gave %+v, %v; want success without a next page", got, err)
	}
}

func TestNextMatchesEscapedPaths(t *testing.T) {
	t.Parallel()
	h := http.Header{"Link": {`<https://acme.okta.com/api/v1/users/a%2Bb%40x.com/groups?after=g>; rel="next"`}}
	org := open(t, "https://acme.okta.com", func(o *oktaclient.Options) { o.Transport = replying(200, h, `[]`) })
	if got, err := org.ListUserGroups(t.Context(), "a+b@x.com", nil); err != nil || got.Next.Get("after") != "g" {
		t.Errorf("a path escaped differently: %+v, %v; want its next page", got, err)
	}
}

func FuzzLink(f *testing.F) {
	for _, s := range []string{`<` + here + `?after=x>; rel="next"`, `<a,b>;rel=self, <c>; rel="next`, `<>;;rel==",\"`, `<x>; rel`, `,,,<`, `<https://evil.example/api/v1/users>; rel=next`} {
		f.Add(s, s)
	}
	var headers []string
	org := open(f, "https://acme.okta.com", func(o *oktaclient.Options) {
		o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			return replying(200, http.Header{"Link": headers}, `[]`)(r)
		})
	})
	f.Fuzz(func(t *testing.T, one, two string) {
		headers = []string{one, two}
		got, err := org.ListUsers(t.Context(), nil)
		if err != nil {
			return
		}
		if got.Next != nil && !strings.Contains(strings.ToLower(one+two), "next") {
			t.Fatalf("a next page %v out of %q", got.Next, headers)
		}
		// What follows a header that is whole must be found, whatever comes in another.
		headers = []string{one, `<` + here + `?after=probe>; rel="next"`}
		if got, err := org.ListUsers(t.Context(), nil); err == nil && got.Next == nil {
			t.Fatalf("header %q hides the next page of the header after it", one)
		}
		if _, err := url.ParseQuery(got.Next.Encode()); err != nil {
			t.Fatalf("next page %v does not survive encoding: %v", got.Next, err)
		}
	})
}
