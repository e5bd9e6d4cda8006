package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
	"okta-mcp/oktaclient/demoorg"
)

const demoURL = "http://127.0.0.1:8080"

// newDemo makes a demo org, whose protocol other people wrote from the same RFCs,
// with a transport that reaches it without a network.
func newDemo(t *testing.T) (*demoorg.Org, http.RoundTripper) {
	t.Helper()
	org, err := demoorg.New(demoorg.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return org, roundTripper(func(r *http.Request) (*http.Response, error) {
		arrived := r.Clone(r.Context())
		arrived.Host, arrived.RequestURI = r.URL.Host, r.URL.RequestURI()
		w := httptest.NewRecorder()
		org.ServeHTTP(w, arrived)
		resp := w.Result()
		resp.Request = r
		return resp, nil
	})
}

// reads sends a request to the demo org as oktaclient does.
func reads(t *testing.T, transport http.RoundTripper, app authorizer) (status int) {
	t.Helper()
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, demoURL+"/api/v1/users?limit=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := app.Authorize(req); err != nil {
			t.Fatalf("authorizing a request: %v", err)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		status = resp.StatusCode
		if retry, err := app.Answered(resp); !retry || err != nil {
			break
		}
	}
	return status
}

func TestAServiceAppOfTheDemoOrg(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org, transport := newDemo(t)
		credentials := org.Credentials()
		key, err := auth.ParseKey([]byte(credentials.PrivateKeyPEM), credentials.KeyID)
		if err != nil {
			t.Fatal(err)
		}
		app, err := auth.NewServiceApp(auth.Config{OrgURL: demoURL, ClientID: credentials.ClientID, Key: key, Scopes: []string{"okta.users.read"}, Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		if status := reads(t, transport, app); status != 200 || app.State().DPoP {
			t.Errorf("without DPoP: %d, %+v", status, app.State())
		}
		if err := org.RequireDPoP(credentials.ClientID, true); err != nil {
			t.Fatal(err)
		}
		org.RequireAPINonce(true)
		org.RevokeTokens()
		for _, when := range []string{"after DPoP was required", "again", "after the nonce changed"} {
			time.Sleep(2 * time.Hour)
			if status := reads(t, transport, app); status != 200 || !app.State().DPoP {
				t.Errorf("%s: %d, %+v", when, status, app.State())
			}
			org.RotateNonce()
		}
		org.ShiftClock(20 * time.Minute)
		time.Sleep(2 * time.Hour)
		if status := reads(t, transport, app); status != 200 {
			t.Errorf("with its clock twenty minutes ahead: %d, %+v", status, app.State())
		}
	})
}

func TestAPersonOfTheDemoOrg(t *testing.T) {
	t.Parallel()
	for name, bound := range map[string]bool{"bound": true, "bearer": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				org, transport := newDemo(t)
				client := org.Credentials().NativeClientID
				if err := org.RequireDPoP(client, bound); err != nil {
					t.Fatal(err)
				}
				store := tokenstore.Memory()
				change := func(c *auth.Config) {
					c.OrgURL, c.ClientID, c.Scopes = demoURL, client, []string{"okta.users.read", "okta.groups.read"}
				}
				device := newDevice(t, transport, store, change)
				v, err := device.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(17 * time.Second)
				if err := org.Activate(v.Code, org.Cast().SuperAdmin.Login); err != nil {
					t.Fatal(err)
				}
				if err := device.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, when := range []string{"at first", "renewed", "renewed again"} {
					if status, state := reads(t, transport, device), device.State(); status != 200 || state.DPoP != bound || state.UserID == "" || state.Err != nil || len(state.Granted) != 2 {
						t.Errorf("%s: %d, %+v", when, status, state)
					}
					time.Sleep(2 * time.Hour)
				}
				if again := newDevice(t, transport, store, change); reads(t, transport, again) != 200 || again.State().UserID != device.State().UserID {
					t.Errorf("after a restart: %+v", again.State())
				}
				if err := device.SignOut(t.Context()); err != nil {
					t.Fatal(err)
				}
				if v, err = device.Begin(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := org.Deny(v.Code); err != nil {
					t.Fatal(err)
				}
				var refusal *auth.Error
				if err := device.Wait(t.Context()); !errors.As(err, &refusal) || refusal.Code != "access_denied" {
					t.Errorf("declined: %v", err)
				}
			})
		})
	}
}
