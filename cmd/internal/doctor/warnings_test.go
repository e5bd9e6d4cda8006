package doctor_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"okta-mcp/auth/tokenstore"
	"okta-mcp/cmd/internal/doctor"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
)

// What an operator should know, and may well have meant, is a warning.
func TestWarningsMendNothing(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]fault{
		"a clock that drifts": {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) { s.ShiftClock(2 * time.Minute) }, "clock", "behind Okta's"},
		"a key file that others can read": {func(t *testing.T, _ *orgtest.Server, o *doctor.Options) {
			if runtime.GOOS == "windows" {
				t.Skip("who can read a file is not in its mode here")
			}
			path := filepath.Join(t.TempDir(), "key.pem")
			if err := os.WriteFile(path, []byte(o.Settings.PrivateKey), 0o640); err != nil {
				t.Fatal(err)
			}
			o.Settings.PrivateKey, o.Settings.PrivateKeyFile = "", path
		}, "key", "chmod 600"},
		"fewer scopes than the tools could use": {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) {
			s.Grant("okta.users.read", "okta.groups.read")
		},
			"scopes", "okta.apps.read"},
		"a feature that the org lacks": {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) {
			s.Fault(onAPI("/api/v1/authenticators", orgtest.Fault{Status: 401, Header: http.Header{"Content-Type": {"application/json"}},
				Body: `{"errorCode":"E0000015","errorSummary":"You do not have permission to access the feature you are requesting"}`}))
		}, "admin role", "the org does not have authenticators"},
		"a read that is not there": {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) {
			s.Fault(onAPI("/api/v1/iam/", orgtest.Fault{Status: 404, Body: `{"errorCode":"E0000022","errorSummary":"no such endpoint"}`}))
		}, "admin role", "the org does not have roles"},
		"a rate limit used up": {func(_ *testing.T, s *orgtest.Server, _ *doctor.Options) {
			reset := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
			s.Fault(onAPI("/api/v1/logs", orgtest.Fault{Status: 429, Header: http.Header{"X-Rate-Limit-Reset": {reset}}}))
		}, "admin role", "the rate limit is used up for logs"},
		"little headroom": {func(t *testing.T, s *orgtest.Server, o *doctor.Options) { o.Settings.OrgURL = crowded(t, s.Org) },
			"headroom", "/api/v1/groups has 9 of 100 left until 2100-01-01T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := orgtest.Start(t, demoorg.Options{Size: 10})
			o := serviceApp(s.Org, s.URL)
			w.inject(t, s, &o)
			report := doctor.Run(t.Context(), o)
			for _, c := range report.Checks {
				switch {
				case c.Name == w.check && (c.Status != doctor.Warning || !strings.Contains(c.Saw+c.Remedy, w.says)):
					t.Errorf("want a warning that says %q:\n%s", w.says, show(report))
				case c.Name != w.check && c.Status != doctor.OK:
					t.Errorf("%s is %s besides:\n%s", c.Name, c.Status, show(report))
				}
			}
			if !report.OK {
				t.Errorf("a warning counts as something to mend:\n%s", show(report))
			}
			mustHoldNoSecret(t, report, o)
		})
	}
}

// crowded serves an org that has little left of the rate limit of groups.
func crowded(t *testing.T, org http.Handler) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		org.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		if r.URL.Path == "/api/v1/groups" {
			w.Header().Set("X-Rate-Limit-Limit", "100")
			w.Header().Set("X-Rate-Limit-Remaining", "9")
			w.Header().Set("X-Rate-Limit-Reset", "4102444800")
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // the client may have gone
	})
}

func TestEverythingWrongWithTheSettingsIsToldAtOnce(t *testing.T) {
	t.Parallel()
	report := doctor.Run(t.Context(), doctor.Options{
		Settings: settings.Settings{ClientID: "0oaX", Tools: []string{"no_such_tool"}, Approve: []string{"list_users"}, Policy: filepath.Join(t.TempDir(), "none.yaml")},
		Problems: []error{&settings.Error{Name: "OKTA_LOG_LEVEL", Problem: "no such level", Example: "INFO"}},
	})
	found := onlyMend(t, report)
	for _, says := range []string{"OKTA_LOG_LEVEL", "OKTA_ORG_URL", "no_such_tool", "--approve", "none.yaml"} {
		if found.Name != "settings" || !strings.Contains(found.Saw, says) {
			t.Errorf("%s is not told:\n%s", says, show(report))
		}
	}
	if !strings.Contains(found.Remedy, "https://acme.okta.com") || !strings.Contains(found.Remedy, "INFO") {
		t.Errorf("the remedy does not show what is right: %s", found.Remedy)
	}
}

// Under a policy that closes the org, the server asks for scopes to read alone.
func TestAPolicyThatOnlyReadsAsksForNoMore(t *testing.T) {
	t.Parallel()
	s := orgtest.Start(t, demoorg.Options{Size: 10})
	o := serviceApp(s.Org, s.URL)
	o.Settings.Policy = filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(o.Settings.Policy, []byte("read_only: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	report := doctor.Run(t.Context(), o)
	if told := show(report); !report.OK || !strings.Contains(told, "granted: okta.") || strings.Contains(told, ".manage") {
		t.Errorf("want scopes to read alone:\n%s", told)
	}
}

// person are the settings of somebody who signs in to the org with a code.
func person(s *orgtest.Server, store tokenstore.Store) doctor.Options {
	return doctor.Options{
		Settings:  settings.Settings{OrgURL: s.URL, ClientID: s.Credentials().NativeClientID, Scopes: []string{"okta.users.read"}},
		OpenStore: func(context.Context, settings.Settings) (tokenstore.Store, error) { return store, nil },
	}
}

// signIn lets a person sign in with a code, and stores what comes of it.
func signIn(t *testing.T, s *orgtest.Server, store tokenstore.Store) (refresh string) {
	t.Helper()
	const scope = "openid offline_access okta.users.read"
	c := s.Credentials()
	begun := post(t, s.URL+"/oauth2/v1/device/authorize", url.Values{"client_id": {c.NativeClientID}, "scope": {scope}})
	if err := s.Activate(begun["user_code"], s.Cast().Employee.Login); err != nil {
		t.Fatal(err)
	}
	got := post(t, s.URL+"/oauth2/v1/token", url.Values{
		"client_id": {c.NativeClientID}, "grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {begun["device_code"]},
	})
	err := store.Save(t.Context(), tokenstore.Key{Org: s.URL, ClientID: c.NativeClientID, Method: "device_code"}, tokenstore.Entry{
		RefreshToken: tokenstore.NewSecret(got["refresh_token"]), Subject: s.Cast().Employee.ID,
		Asked: []string{"okta.users.read"}, Granted: []string{"okta.users.read"}, Saved: time.Now(),
	})
	if err != nil {
		t.Fatalf("storing what the org answered, %d members: %v", len(got), err)
	}
	return got["refresh_token"]
}

// post sends a form and answers the texts of the JSON it is answered with.
func post(t *testing.T, address string, form url.Values) map[string]string {
	t.Helper()
	resp, err := http.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var doc map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for name, value := range doc {
		texts[name], _ = value.(string)
	}
	return texts
}

func TestAPersonWhoIsSignedInIsNamed(t *testing.T) {
	t.Parallel()
	s, store := orgtest.Start(t, demoorg.Options{Size: 10}), tokenstore.Memory()
	refresh := signIn(t, s, store)
	o := person(s, store)
	report := doctor.Run(t.Context(), o)
	told := show(report)
	for _, c := range report.Checks {
		if c.Status != doctor.OK {
			t.Errorf("%s is %s:\n%s", c.Name, c.Status, told)
		}
	}
	if strings.Count(told, s.Cast().Employee.ID) != 2 || !strings.Contains(told, "because no private key is given") {
		t.Errorf("token and token store do not name the person, or the method is not told:\n%s", told)
	}
	if strings.Contains(told, refresh) {
		t.Error("the refresh token is in the report")
	}
	mustHoldNoSecret(t, report, o)
}

func TestWhyAPersonIsNotSignedIn(t *testing.T) {
	t.Parallel()
	s := orgtest.Start(t, demoorg.Options{Size: 10})
	ended := tokenstore.Memory()
	refresh := signIn(t, s, ended)
	s.EndSignIns()
	file, err := tokenstore.OpenFile(filepath.Join(t.TempDir(), "sign-ins"), "the key that it was written with")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		store       tokenstore.Store
		opening     error
		check, says string
	}{
		"never":              {tokenstore.Memory(), nil, "token", "run okta-mcp login --profile acme"},
		"no longer":          {ended, nil, "token", "sign in again"},
		"nobody in the file": {file, nil, "token", "nobody is signed in"},
		"no place for it":    {nil, errors.New("this machine has no keyring that can be used"), "token store", "OKTA_MCP_STORE_KEY"},
		"a store that fails": {unreadable{tokenstore.Memory()}, nil, "token store", "the disk is on fire"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := person(s, c.store)
			o.Settings.Profile = "acme"
			if c.opening != nil {
				o.OpenStore = func(context.Context, settings.Settings) (tokenstore.Store, error) { return nil, c.opening }
			}
			report := doctor.Run(t.Context(), o)
			told, mends := show(report), 0
			for _, found := range report.Checks {
				if found.Status == doctor.Mend {
					mends++
					if found.Name != c.check || !strings.Contains(found.Saw+found.Remedy, c.says) {
						t.Errorf("want %q of %s:\n%s", c.says, c.check, told)
					}
				}
			}
			if mends != 1 || strings.Contains(told, refresh) {
				t.Errorf("%d are to be mended, want 1, and no refresh token told:\n%s", mends, told)
			}
		})
	}
}

// unreadable is a store that cannot be read.
type unreadable struct{ tokenstore.Store }

func (unreadable) Load(context.Context, tokenstore.Key) (tokenstore.Entry, error) {
	return tokenstore.Entry{}, errors.New("the disk is on fire")
}
