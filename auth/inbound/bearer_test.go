package inbound_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"okta-mcp/auth/inbound"
)

const goodToken = "0123456789abcdef0123456789abcdef"

func single(t testing.TB) *inbound.Tokens {
	t.Helper()
	tokens, err := inbound.SingleToken("local", goodToken)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestATokenComesInOneHeaderAndOneWay(t *testing.T) {
	t.Parallel()
	tokens := single(t)
	for _, scheme := range []string{"Bearer", "bearer", "BEARER", "bEaReR"} {
		caller, err := tokens.Authenticate(request(scheme + " " + goodToken))
		if err != nil || caller.ID != "token:local" {
			t.Errorf("%s: %+v, %v", scheme, caller, err)
		}
	}
	for name, c := range map[string]struct {
		headers []string
		status  int
		words   string
	}{
		"none":                    {nil, 401, "no token"},
		"empty":                   {[]string{""}, 401, "not of the scheme Bearer"},
		"two":                     {[]string{"Bearer " + goodToken, "Bearer " + goodToken}, 400, "several"},
		"good after bad":          {[]string{"Basic eDp5", "Bearer " + goodToken}, 400, "several"},
		"two in one":              {[]string{"Bearer " + goodToken + ", Bearer " + goodToken}, 400, "one space"},
		"another scheme":          {[]string{"Basic " + goodToken}, 401, "not of the scheme"},
		"DPoP":                    {[]string{"DPoP " + goodToken}, 401, "not of the scheme"},
		"no scheme":               {[]string{goodToken}, 401, "not of the scheme"},
		"the scheme alone":        {[]string{"Bearer"}, 400, "one space"},
		"the scheme and a space":  {[]string{"Bearer "}, 400, "one space"},
		"two spaces":              {[]string{"Bearer  " + goodToken}, 400, "one space"},
		"a tab":                   {[]string{"Bearer\t" + goodToken}, 401, "not of the scheme"},
		"a space first":           {[]string{" Bearer " + goodToken}, 401, "not of the scheme"},
		"a space last":            {[]string{"Bearer " + goodToken + " "}, 400, "one space"},
		"more words":              {[]string{"Bearer " + goodToken + " x"}, 400, "one space"},
		"a line end":              {[]string{"Bearer " + goodToken + "\n"}, 400, "one space"},
		"a header in the token":   {[]string{"Bearer " + goodToken + "\r\nX-Evil: 1"}, 400, "one space"},
		"a zero":                  {[]string{"Bearer " + goodToken + "\x00"}, 400, "one space"},
		"a letter like another":   {[]string{"Bearer " + strings.Replace(goodToken, "a", "а", 1)}, 400, "one space"},
		"a scheme like another":   {[]string{"Bеarer " + goodToken}, 401, "not of the scheme"},
		"quotes":                  {[]string{`Bearer "` + goodToken + `"`}, 400, "one space"},
		"the token in capitals":   {[]string{"Bearer " + strings.ToUpper(goodToken)}, 401, "not one of"},
		"a part of the token":     {[]string{"Bearer " + goodToken[:31]}, 401, "not one of"},
		"more than the token":     {[]string{"Bearer " + goodToken + "0"}, 401, "not one of"},
		"the token padded":        {[]string{"Bearer " + goodToken + "="}, 401, "not one of"},
		"16 KiB":                  {[]string{"Bearer " + strings.Repeat("a", 16<<10)}, 401, "not one of"},
		"over 16 KiB":             {[]string{"Bearer " + strings.Repeat("a", 16<<10+1)}, 401, "over 16 KiB"},
		"over 16 KiB, of nothing": {[]string{"Bearer " + strings.Repeat(" ", 1<<20)}, 401, "over 16 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			denied := refused(t, tokens, request(c.headers...), c.status, c.words)
			if strings.Contains(denied.Challenge+denied.Error(), goodToken[:16]) {
				t.Errorf("the refusal tells the token: %+v", denied)
			}
			if plain := denied.Challenge == `Bearer realm="okta-mcp"`; plain != (c.words == "no token" || strings.HasPrefix(c.words, "not of")) {
				t.Errorf("the challenge to a request with or without a bearer token: %s", denied.Challenge)
			}
		})
	}
	other := request()
	other.Header.Set("X-Authorization", "Bearer "+goodToken)
	other.Header.Set("Cookie", "access_token="+goodToken)
	other.Header.Set("Proxy-Authorization", "Bearer "+goodToken)
	refused(t, tokens, other, 401, "no token")
}

func TestATokenInTheAddressIsRefusedEvenBesideAGoodOne(t *testing.T) {
	t.Parallel()
	tokens := single(t)
	i := newIssuer(t)
	o := i.open(t)
	for _, query := range []string{
		"access_token=" + goodToken, "access_token", "access_token=", "a=b&access_token=x", "a=b;access_token=x", "a;b;access_token=x",
		"%61ccess_token=x", "ACCESS_TOKEN=x", "access%5Ftoken=x", "+access_token=x", "%zz=1&access_token=x", "a=%zz&access_token=x",
	} {
		r := request("Bearer " + goodToken)
		r.URL.RawQuery = query
		refused(t, tokens, r, 400, "in the address")
		r = request("Bearer " + i.token(t, nil))
		r.URL.RawQuery = query
		refused(t, o, r, 400, "in the address")
	}
	for _, query := range []string{"", "sessionId=access_token", "my_access_token=x", "access_token_x=1", "access=token"} {
		r := request("Bearer " + goodToken)
		r.URL.RawQuery = query
		if _, err := tokens.Authenticate(r); err != nil {
			t.Errorf("?%s: %v", query, err)
		}
	}
}

func FuzzBearer(f *testing.F) {
	tokens := single(f)
	for _, seed := range []string{"Bearer " + goodToken, "bearer  x", "Bearer " + goodToken + "\r\n", "Basic x", "", "Bearer a=b", "BEARER\t" + goodToken} {
		f.Add(seed, "a=b")
		f.Add(seed, "access_token=x;y")
	}
	good := regexp.MustCompile(`^(?i:bearer) ` + goodToken + `$`)
	f.Fuzz(func(t *testing.T, header, query string) {
		r := &http.Request{Header: http.Header{"Authorization": {header}}, URL: &url.URL{RawQuery: query}}
		caller, err := tokens.Authenticate(r)
		var denied *inbound.Denied
		switch {
		case err == nil:
			if !good.MatchString(header) || r.URL.Query().Has("access_token") || caller.ID != "token:local" {
				t.Errorf("%q and ?%s were taken as %+v", header, query, caller)
			}
		case !errors.As(err, &denied):
			t.Errorf("the error is no *Denied: %v", err)
		case regexp.MustCompile(`[^ -~]`).MatchString(denied.Challenge):
			t.Errorf("the challenge breaks a header: %q", denied.Challenge)
		case good.MatchString(header) && !strings.Contains(strings.ToLower(query), "token") && !strings.Contains(query, "%"):
			t.Errorf("%q and ?%s were refused: %v", header, query, err)
		}
	})
}
