package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
	"okta-mcp/cmd/internal/doctor"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
)

// serviceApp are the settings that sign in to an org at the address.
func serviceApp(org *demoorg.Org, address string) doctor.Options {
	c := org.Credentials()
	return doctor.Options{
		Settings: settings.Settings{OrgURL: address, ClientID: c.ClientID, KeyID: c.KeyID, PrivateKey: c.PrivateKeyPEM},
		OpenStore: func(context.Context, settings.Settings) (tokenstore.Store, error) {
			return nil, errors.New("a service app needs no store")
		},
	}
}

// strangeKey is a private key that no org knows.
func strangeKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// serve serves a handler in the org's place until the test ends.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// serveTLS serves the org over TLS, and returns a transport that trusts it.
func serveTLS(t *testing.T, org http.Handler) (address string, trusting *http.Transport) {
	t.Helper()
	server := httptest.NewUnstartedServer(org)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes are meant to fail
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, &http.Transport{TLSClientConfig: server.Client().Transport.(*http.Transport).TLSClientConfig.Clone(), DisableKeepAlives: true}
}

func answers(status int, header http.Header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the client may have gone
	}
}

// onAPI lets requests to paths that begin so go wrong.
func onAPI(prefix string, fault orgtest.Fault) func(*http.Request) orgtest.Fault {
	return func(r *http.Request) orgtest.Fault {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return fault
		}
		return orgtest.Fault{}
	}
}

func tooNarrow() orgtest.Fault {
	return orgtest.Fault{Status: 403, Header: http.Header{"Content-Type": {"application/json"}},
		Body: `{"errorCode":"E0000006","errorSummary":"You do not have permission to perform the requested action"}`}
}

// fault is one thing that is wrong: where it shows, and words that name it and no
// other.
type fault struct {
	inject func(*testing.T, *orgtest.Server, *doctor.Options)
	check  string
	says   string
}

func faults() map[string]fault {
	all := map[string]fault{}
	for _, some := range []map[string]fault{keyFaults(), appFaults(), orgFaults(), tlsFaults()} {
		for name, f := range some {
			all[name] = f
		}
	}
	return all
}

func keyFaults() map[string]fault {
	return map[string]fault{
		"a wrong kid": {func(_ *testing.T, _ *orgtest.Server, o *doctor.Options) { o.Settings.KeyID = "another" },
			"key", `the app has no active public key with the id "another"`},
		"a wrong key": {func(t *testing.T, _ *orgtest.Server, o *doctor.Options) { o.Settings.PrivateKey = strangeKey(t) },
			"key", "does not belong to the public key"},
		"a key that was removed": {func(t *testing.T, s *orgtest.Server, o *doctor.Options) {
			if err := s.RemoveKey(o.Settings.KeyID); err != nil {
				t.Fatal(err)
			}
		}, "key", `no active public key with the id "demo-`},
		"no kid among several": {func(t *testing.T, s *orgtest.Server, o *doctor.Options) {
			pair, err := auth.NewKeyPair("ES256")
			if err == nil {
				err = s.RegisterKey(pair.Public)
			}
			if err != nil {
				t.Fatal(err)
			}
			o.Settings.KeyID = ""
		}, "key", "the key id is missing"},
		"half a key": {func(_ *testing.T, _ *orgtest.Server, o *doctor.Options) {
			o.Settings.PrivateKey = o.Settings.PrivateKey[:80]
		}, "key", "cut off or damaged"},
		"no key file": {func(t *testing.T, _ *orgtest.Server, o *doctor.Options) {
			o.Settings.PrivateKey, o.Settings.PrivateKeyFile = "", filepath.Join(t.TempDir(), "no.pem")
		}, "key", "no.pem"},
		"two keys": {func(_ *testing.T, _ *orgtest.Server, o *doctor.Options) { o.Settings.PrivateKeyFile = "key.pem" },
			"key", "given together with"},
	}
}

func appFaults() map[string]fault {
	scopes := func(names ...string) func(*testing.T, *orgtest.Server, *doctor.Options) {
		return func(_ *testing.T, s *orgtest.Server, o *doctor.Options) {
			s.Grant("okta.users.read")
			o.Settings.Scopes = names
		}
	}
	return map[string]fault{
		"a wrong client id": {func(_ *testing.T, _ *orgtest.Server, o *doctor.Options) { o.Settings.ClientID = "0oaNobody" },
			"token", `no active app with the client id "0oaNobody"`},
		"a wrong audience": {func(t *testing.T, s *orgtest.Server, o *doctor.Options) {
			o.Settings.OrgURL = serve(t, func(w http.ResponseWriter, r *http.Request) {
				r.Host = "acme.okta.example"
				s.ServeHTTP(w, r)
			})
		}, "token", `this org calls itself "http://acme.okta.example"`},
		"an ungranted scope": {scopes("okta.users.read", "okta.groups.read"), "scopes", "not granted: okta.groups.read"},
		"nothing granted":    {scopes("okta.groups.read"), "token", "granted none of the scopes"},
		"an unknown scope":   {scopes("okta.users.read", "okta.nonsense.read"), "token", "does not know one of the scopes"},
		"a token without a scope": {func(t *testing.T, s *orgtest.Server, o *doctor.Options) {
			o.Settings.OrgURL = serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/oauth2/v1/token" {
					s.ServeHTTP(w, r)
					return
				}
				answers(200, nil, `{"access_token":"powerless","token_type":"Bearer"}`)(w, r)
			})
		}, "scopes", "no scope is granted"},
		"DPoP, never": {func(t *testing.T, s *orgtest.Server, o *doctor.Options) {
			if err := s.RequireDPoP(o.Settings.ClientID, true); err != nil {
				t.Fatal(err)
			}
			o.Settings.DPoP = "never"
		}, "token", "requires DPoP, which is set to never"},
		"no DPoP, always": {func(t *testing.T, s *orgtest.Server, o *doctor.Options) {
			o.Settings.DPoP = "always"
			o.Settings.OrgURL = serve(t, func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("DPoP") // as a proxy might
				s.ServeHTTP(w, r)
			})
		}, "token", "dpop is set to always"},
		"no admin role": {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) { s.Fault(onAPI("/api/", tooNarrow())) },
			"admin role", "too narrow to read apps, authenticators, groups"},
		"a narrow admin role": {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) { s.Fault(onAPI("/api/v1/logs", tooNarrow())) },
			"admin role", "too narrow to read logs; reading works for apps"},
		"a scope that the token lacks": {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) {
			s.Fault(onAPI("/api/v1/users", orgtest.Fault{Status: 403, Header: http.Header{"Www-Authenticate": {`Bearer error="insufficient_scope"`}}}))
		}, "admin role", "no scope in the token to read users"},
		"a token that is not taken": {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) {
			s.Fault(onAPI("/api/", orgtest.Fault{Status: 401, Body: `{"errorCode":"E0000011","errorSummary":"Invalid token provided"}`}))
		}, "admin role", "does not take its own token"},
	}
}

func orgFaults() map[string]fault {
	instead := func(h http.HandlerFunc) func(*testing.T, *orgtest.Server, *doctor.Options) {
		return func(t *testing.T, _ *orgtest.Server, o *doctor.Options) { o.Settings.OrgURL = serve(t, h) }
	}
	fails := func(err error) func(*testing.T, *orgtest.Server, *doctor.Options) {
		return func(_ *testing.T, _ *orgtest.Server, o *doctor.Options) {
			o.Settings.OrgURL = "https://acme.okta.example"
			o.Transport = &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
		}
	}
	return map[string]fault{
		"a clock behind": {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) { s.ShiftClock(10 * time.Minute) }, "clock", "behind Okta's"},
		"a clock ahead":  {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) { s.ShiftClock(-10 * time.Minute) }, "clock", "ahead of Okta's"},
		"a proxy's page": {instead(answers(200, http.Header{"Content-Type": {"text/html"}}, "<html>Sign in</html>")), "org", "a web page came instead of Okta's answer (HTTP 200)"},
		"a block page":   {instead(answers(403, nil, "\n<!doctype html><p>Blocked")), "org", "a web page came instead of Okta's answer (HTTP 403)"},
		"a redirect":     {instead(answers(302, http.Header{"Location": {"https://sso.example"}}, "")), "org", "redirects elsewhere"},
		"a proxy's user": {instead(answers(407, nil, "")), "org", "wants to know who is asking"},
		"another server": {instead(answers(200, nil, `{"hello":"world"}`)), "org", "is no Okta org (HTTP 200)"},
		"a fault":        {instead(answers(503, nil, "")), "org", "answers with a fault"},
		"nobody there": {func(t *testing.T, _ *orgtest.Server, o *doctor.Options) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			o.Settings.OrgURL = "http://" + listener.Addr().String()
			_ = listener.Close()
		}, "org", "refused the connection"},
		"a name nobody has":    {fails(&net.DNSError{Err: "no such host", Name: "acme.okta.example", IsNotFound: true}), "org", "does not resolve"},
		"no name server":       {fails(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), "org", "looking up the name"},
		"silence":              {fails(os.ErrDeadlineExceeded), "org", "did not answer within"},
		"a proxy that is gone": {fails(&net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("connection refused")}), "org", "the proxy on the way"},
	}
}

func tlsFaults() map[string]fault {
	over := func(change func(o *doctor.Options, trusting *http.Transport)) func(*testing.T, *orgtest.Server, *doctor.Options) {
		return func(t *testing.T, s *orgtest.Server, o *doctor.Options) {
			address, trusting := serveTLS(t, s.Org)
			o.Settings.OrgURL = address
			change(o, trusting)
		}
	}
	return map[string]fault{
		"an unknown authority": {over(func(*doctor.Options, *http.Transport) {}), "org", "an authority that this machine does not know"},
		"a certificate of another": {over(func(o *doctor.Options, trusting *http.Transport) {
			o.Settings.OrgURL, o.Transport = strings.Replace(o.Settings.OrgURL, "127.0.0.1", "localhost", 1), trusting
		}), "org", "the TLS certificate is not for localhost"},
		"an expired certificate": {over(func(o *doctor.Options, trusting *http.Transport) {
			trusting.TLSClientConfig.Time = func() time.Time { return time.Now().AddDate(100, 0, 0) }
			o.Transport = trusting
		}), "org", "has expired or is not valid yet"},
		"no TLS version in common": {over(func(o *doctor.Options, trusting *http.Transport) {
			trusting.TLSClientConfig.MaxVersion = tls.VersionTLS12
			o.Transport = trusting
		}), "org", "the TLS handshake with"},
		"no TLS": {func(_ *testing.T, s *orgtest.Server, o *doctor.Options) {
			o.Settings.OrgURL = strings.Replace(s.URL, "http:", "https:", 1)
		}, "org", "does not speak TLS"},
	}
}

func TestEachFaultIsToldOnceAndApartFromTheOthers(t *testing.T) {
	t.Parallel()
	all := faults()
	for name, f := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := orgtest.Start(t, demoorg.Options{Size: 10})
			o := serviceApp(s.Org, s.URL)
			f.inject(t, s, &o)
			report := doctor.Run(t.Context(), o)
			found := onlyMend(t, report)
			told := found.Saw + "\n" + found.Remedy
			if found.Name != f.check || !strings.Contains(told, f.says) {
				t.Errorf("want %q in the check %s:\n%s", f.says, f.check, show(report))
			}
			if found.Remedy == "" {
				t.Errorf("no remedy is given:\n%s", show(report))
			}
			for other, g := range all {
				if g.says != f.says && !strings.Contains(f.says, g.says) && strings.Contains(told, g.says) {
					t.Errorf("this is told as %s too:\n%s", other, show(report))
				}
			}
			mustHoldNoSecret(t, report, o)
		})
	}
}

// onlyMend is the one finding that is to be mended; the others are ok, or skipped
// for its sake.
func onlyMend(t *testing.T, report doctor.Report) (found doctor.Finding) {
	t.Helper()
	for _, c := range report.Checks {
		switch {
		case c.Status == doctor.Mend && found.Name == "":
			found = c
		case c.Status == doctor.Skipped && strings.Contains(c.Saw, "mend "+found.Name+" first") && found.Name != "":
		case c.Status != doctor.OK:
			t.Errorf("%s is %s besides:\n%s", c.Name, c.Status, show(report))
		}
	}
	if report.OK || found.Name == "" {
		t.Fatalf("nothing is to be mended:\n%s", show(report))
	}
	return found
}

func show(report doctor.Report) string {
	var b strings.Builder
	for _, c := range report.Checks {
		fmt.Fprintf(&b, "%s %s: %s -> %s\n", c.Status, c.Name, c.Saw, c.Remedy)
	}
	return b.String()
}

func mustHoldNoSecret(t *testing.T, report doctor.Report, o doctor.Options) {
	t.Helper()
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(o.Settings.PrivateKey) {
		if line = strings.TrimSpace(line); len(line) > 12 && !strings.HasPrefix(line, "-----") && strings.Contains(string(text), line) {
			t.Error("the report holds a part of the private key")
		}
	}
	for _, mark := range []string{"eyJ", "Bearer ", "PRIVATE KEY-----\\nM"} {
		if strings.Contains(string(text), mark) {
			t.Errorf("the report holds %q", mark)
		}
	}
}

func TestAHealthyOrgHasNothingToMend(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*testing.T, *orgtest.Server, *doctor.Options){
		"plainly": func(*testing.T, *orgtest.Server, *doctor.Options) {},
		"without a kid, with one key": func(_ *testing.T, _ *orgtest.Server, o *doctor.Options) {
			o.Settings.KeyID = ""
		},
		"every toolset": func(_ *testing.T, _ *orgtest.Server, o *doctor.Options) { o.Settings.Toolsets = []string{"all"} },
		"manage for read": func(_ *testing.T, s *orgtest.Server, o *doctor.Options) {
			s.Grant("okta.users.manage")
			o.Settings.Scopes = []string{"okta.users.manage", "okta.users.read"}
		},
		"DPoP asked for": func(t *testing.T, s *orgtest.Server, o *doctor.Options) {
			s.RequireAPINonce(true)
			if err := s.RequireDPoP(o.Settings.ClientID, true); err != nil {
				t.Fatal(err)
			}
		},
		"a clock that is a little off": func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) { s.ShiftClock(-40 * time.Second) },
		"a slow answer": func(_ *testing.T, _ *orgtest.Server, o *doctor.Options) {
			var asked atomic.Int32
			o.Now = func() time.Time {
				if asked.Add(1) == 1 { // sent four minutes before it was received
					return time.Now().Add(-4 * time.Minute)
				}
				return time.Now()
			}
		},
		"over TLS": func(t *testing.T, s *orgtest.Server, o *doctor.Options) {
			address, trusting := serveTLS(t, s.Org)
			o.Settings.OrgURL, o.Transport = address, trusting
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := orgtest.Start(t, demoorg.Options{Size: 10})
			o := serviceApp(s.Org, s.URL)
			prepare(t, s, &o)
			report := doctor.Run(t.Context(), o)
			var names []string
			for _, c := range report.Checks {
				names = append(names, c.Name)
				if c.Status != doctor.OK || c.Remedy != "" {
					t.Errorf("%s is %s:\n%s", c.Name, c.Status, show(report))
				}
			}
			if !report.OK || !slices.Equal(names, doctor.Names()) {
				t.Errorf("the checks are %q, ok %v; want %q, ok", names, report.OK, doctor.Names())
			}
			mustHoldNoSecret(t, report, o)
		})
	}
}

// Nothing is changed: besides signing in there is one read for each family.
func TestTheOrgIsOnlyRead(t *testing.T) {
	t.Parallel()
	s := orgtest.Start(t, demoorg.Options{Size: 10})
	o := serviceApp(s.Org, s.URL)
	o.Settings.Toolsets = []string{"all"}
	doctor.Run(t.Context(), o)
	seen := map[string]bool{}
	for _, r := range s.Requests() {
		if r.Method != http.MethodGet || seen[r.Path] {
			t.Errorf("%s %s is more than one read of each kind", r.Method, r.Path)
		}
		seen[r.Path] = true
	}
	if len(seen) < 15 || !seen["/.well-known/okta-organization"] || !seen["/api/v1/users"] {
		t.Errorf("only %d addresses were read, so the search proves little: %v", len(seen), seen)
	}
}
