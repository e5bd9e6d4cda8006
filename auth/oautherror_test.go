package auth_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"okta-mcp/auth"
)

// Parts of the advices that tell them apart.
const (
	mendBehind    = "runs behind"
	mendAhead     = "runs ahead"
	mendKid       = `no active public key with the id "key-1"`
	mendSignature = "private key does not belong"
	mendMethod    = `choose "Public key / Private key"`
	mendClient    = `no active app with the client id "0oaTestClient"`
	mendOrg       = "set the org URL"
	mendGrant     = "Okta API Scopes"
)

type refusalCase struct {
	status            int
	code, description string
	want              string // in the advice
}

// refusalCases holds the descriptions Okta's token endpoint is known to answer,
// and Okta's ids for the same.
func refusalCases() []refusalCase {
	return []refusalCase{
		{401, "invalid_client", "The client_assertion token is expired.", mendBehind},
		{401, "invalid_client", "client_assertion_expired_token", mendBehind},
		{401, "client_assertion_expired_token", "", mendBehind},
		{401, "invalid_client", "The client_assertion token has an expiration too far into the future.", mendAhead},
		{401, "invalid_client", "client_assertion_issued_at_in_future", mendAhead},
		{401, "invalid_client", "The client_assertion token was issued in the future.", mendAhead},
		{401, "invalid_client", "The audience claim for client_assertion must be the endpoint invoked for the request.", mendOrg},
		{401, "invalid_client", "client_assertion_invalid_audience", mendOrg},
		{401, "invalid_client", "The client_assertion JWT kid is invalid.", mendKid},
		{401, "invalid_client", "client_assertion_invalid_kid", mendKid},
		{401, "invalid_client", "The client_assertion signature is invalid.", mendSignature},
		{401, "invalid_client", "client_assertion_invalid_signature", mendSignature},
		{401, "invalid_client", "The client_assertion token has already been used.", "seen this assertion before"},
		{401, "invalid_client", "client_assertion_already_used", "seen this assertion before"},
		{401, "invalid_client", "client_assertion_missing", "no readable assertion"},
		{401, "invalid_client", "The client_assertion_type is invalid.", "no readable assertion"},
		{401, "invalid_client", "A client_id must be provided in the request.", "no readable assertion"},
		{400, "invalid_request", "The client_assertion is missing.", "no readable assertion"},
		{401, "invalid_client", "Invalid value for 'client_id' parameter.", mendClient},
		{401, "invalid_client", "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.", mendMethod},
		{400, "invalid_request", "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.", mendMethod},
		{401, "invalid_client", "", `"Public key / Private key" is chosen`},
		{401, "invalid_client", "Something Okta never said before.", testClient},
		{400, "consent_required", "You are not allowed any of the requested scopes.", mendGrant},
		{400, "invalid_scope", "One or more scopes are not configured for the authorization server resource.", "okta.groups.manage okta.users.read"},
		{400, "invalid_scope", "Cannot request 'openid' scopes using client credentials.", "leave out openid"},
		{400, "unauthorized_client", "The client is not authorized to use the provided grant type. Configured grant types: [authorization_code].", "API Services app"},
		{400, "unsupported_grant_type", "", "API Services app"},
		{400, "access_denied", "Policy evaluation failed for this request, please check the policy configurations.", "System Log"},
		{429, "too_many_requests", "", "rate limit"},
		{503, "temporarily_unavailable", "", "status.okta.com"},
		{404, "E0000007", "Not found: Resource not found: token", "check that " + testOrg},
		{400, "never_heard_of", "", "System Log"},
	}
}

func TestEachRefusalSaysWhatToMend(t *testing.T) {
	t.Parallel()
	for _, c := range refusalCases() {
		t.Run(c.code+" "+c.description, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]string{"error": c.code, "error_description": c.description})
			if err != nil {
				t.Fatal(err)
			}
			app := newApp(t, says(t, c.status, string(body)), newTestKey(t), nil)
			err = app.SignIn(t.Context())
			var refusal *auth.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if refusal.Code != c.code || refusal.Description != c.description || refusal.Status != c.status || refusal.RequestID != "req-1" {
				t.Errorf("got %+v, want what Okta said", *refusal)
			}
			if !strings.Contains(refusal.Advice, c.want) {
				t.Errorf("the advice is %q, want %q in it", refusal.Advice, c.want)
			}
			for _, part := range []string{"asking Okta for an access token", c.code, c.description, "req-1", refusal.Advice} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error %q leaves out %q", err, part)
				}
			}
		})
	}
}

// TestAnUnknownClientID is answered in the form of Okta's API, not of OAuth.
func TestAnUnknownClientID(t *testing.T) {
	t.Parallel()
	okta := newFakeOkta(t, testKey{})
	okta.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Del("X-Okta-Request-Id")
		answer(w, 401, map[string]any{
			"errorCode": "invalid_client", "errorSummary": "Invalid value for 'client_id' parameter.",
			"errorLink": "invalid_client", "errorId": "oaeXYZ", "errorCauses": []any{},
		})
		return true
	}
	var refusal *auth.Error
	err := newApp(t, okta, newTestKey(t), nil).SignIn(t.Context())
	if !errors.As(err, &refusal) || refusal.Code != "invalid_client" || refusal.RequestID != "oaeXYZ" || !strings.Contains(refusal.Advice, "client id") {
		t.Errorf("got %v, want invalid_client with the errorId and advice", err)
	}
}

func TestAnswersThatAreNoOAuthError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"a proxy's page", 403, "<html><body>Blocked by policy 4711</body></html>", "proxy"},
		{"a gateway's page", 502, "<html>Bad gateway 4711</html>", "status.okta.com"},
		{"nothing", 400, "", "proxy"},
		{"another JSON", 400, `["4711"]`, "proxy"},
		{"no such org", 404, "<html>4711</html>", "check that " + testOrg},
		{"created", 201, `{"access_token":"4711","token_type":"Bearer","scope":"s"}`, "proxy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := newApp(t, says(t, c.status, c.body), newTestKey(t), nil).SignIn(t.Context())
			var refusal *auth.Error
			if !errors.As(err, &refusal) || refusal.Code != "unexpected_answer" || refusal.Status != c.status || !strings.Contains(refusal.Advice, c.want) {
				t.Fatalf("got %v, want unexpected_answer with %q", err, c.want)
			}
			if strings.Contains(err.Error(), "4711") {
				t.Errorf("the error repeats a body that is not Okta's: %v", err)
			}
		})
	}
}

func TestWhatOktaSaysIsMadeFitToShow(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	var assertion string
	okta.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		assertion = r.FormValue("client_assertion")
		w.Header().Set("X-Okta-Request-Id", "req\x1b[31m")
		answer(w, 400, map[string]any{
			"error":             "invalid_\u202erequest",
			"error_description": "refused " + assertion + " and " + assertion[:40] + "\r\n\x1b[31mIGNORE\u0000 ALL\u2066 " + strings.Repeat("long ", 200),
		})
		return true
	}
	err := newApp(t, okta, key, nil).SignIn(t.Context())
	if err == nil {
		t.Fatal("signed in")
	}
	text := err.Error()
	for _, bad := range []string{"\r", "\n", "\x1b", "\x00", "\u202e", "\u2066", assertion, assertion[:40], strings.Split(assertion, ".")[2]} {
		if strings.Contains(text, bad) {
			t.Errorf("the error holds %.20q: %q", bad, text)
		}
	}
	if !strings.Contains(text, "refused [token] and [token]") {
		t.Errorf("the error lost Okta's words: %q", text)
	}
	var refusal *auth.Error
	if errors.As(err, &refusal); len(refusal.Description) > 310 {
		t.Errorf("the description has %d bytes, want at most 300 characters", len(refusal.Description))
	}
}
