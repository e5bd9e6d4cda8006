package demoorg_test

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"okta-mcp/oktaclient/demoorg"
)

const lasting = "openid profile email offline_access okta.users.read okta.groups.read"

func refresh(org *demoorg.Org, token, scope string, proofs ...string) reply {
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {org.Credentials().NativeClientID}, "refresh_token": {token}}
	if scope != "" {
		form.Set("scope", scope)
	}
	return postForm(org, form, proofs...)
}

// works says whether an access token reads users.
func works(org *demoorg.Org, token string) bool {
	return as(org, token, "GET", "/api/v1/users?limit=1", "").status == http.StatusOK
}

func TestRefreshTokensRotate(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Now: c.now})
	first := signInPerson(t, org, org.Cast().SuperAdmin.Login, lasting)
	second := refresh(org, first.refresh, "").tokens(t)
	if second.refresh == "" || second.refresh == first.refresh || second.access == first.access || second.scope != lasting || second.id == "" {
		t.Errorf("refreshed to %+v; want new tokens for the same scopes", second)
	}
	if !works(org, first.access) || !works(org, second.access) {
		t.Error("a refresh must leave both access tokens good")
	}
	c.advance(29 * time.Second)
	again := refresh(org, first.refresh, "").tokens(t)
	c.advance(time.Second)
	got := refresh(org, first.refresh, "")
	saysError(t, "used again after its grace period", got, "invalid_grant")
	if got.object(t)["error_description"] != "The refresh token is invalid or expired." {
		t.Errorf("it says %s", got.body)
	}
	for name, token := range map[string]string{"second": second.refresh, "again": again.refresh} {
		saysError(t, "the "+name+" token of a stolen family", refresh(org, token, ""), "invalid_grant")
	}
	if works(org, first.access) || works(org, second.access) || works(org, again.access) {
		t.Error("a stolen family must lose its access tokens")
	}
}

func TestTheGracePeriodIsAnOption(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{RefreshGrace: -1})
	first := signInPerson(t, org, org.Cast().SuperAdmin.Login, lasting)
	refresh(org, first.refresh, "").tokens(t)
	saysError(t, "used again without grace", refresh(org, first.refresh, ""), "invalid_grant")
}

func TestRefreshTokensLastNinetyDaysHoweverOftenUsed(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Now: c.now})
	held := signInPerson(t, org, org.Cast().SuperAdmin.Login, lasting)
	for range 3 {
		c.advance(29 * 24 * time.Hour)
		held = refresh(org, held.refresh, "").tokens(t)
	}
	c.advance(3 * 24 * time.Hour)
	saysError(t, "after 90 days", refresh(org, held.refresh, ""), "invalid_grant")
}

func TestRefreshingNarrowsScopes(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	first := signInPerson(t, org, org.Cast().SuperAdmin.Login, lasting)
	narrow := refresh(org, first.refresh, "okta.groups.read").tokens(t)
	if narrow.scope != "okta.groups.read" || works(org, narrow.access) || narrow.id != "" {
		t.Errorf("narrowed to %+v, reads users %v", narrow, works(org, narrow.access))
	}
	if back := refresh(org, narrow.refresh, "").tokens(t); back.scope != lasting {
		t.Errorf("without a scope after a narrow one: %q, want what the person allowed", back.scope)
	}
	saysError(t, "more than was allowed", refresh(org, narrow.refresh, "okta.users.manage"), "invalid_scope")
}

func TestGrantsOfTheNativeApp(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	held := signInPerson(t, org, org.Cast().SuperAdmin.Login, lasting)
	org.GrantNative("okta.users.read", "okta.apps.read")
	if !slices.Contains(org.Credentials().Scopes, "okta.groups.read") {
		t.Error("the service app lost a scope that was taken from the native one")
	}
	if got := refresh(org, held.refresh, "").tokens(t); got.scope != "openid profile email offline_access okta.users.read" {
		t.Errorf("after a grant was taken away: %q", got.scope)
	}
	org.GrantNative()
	saysError(t, "nothing of what is asked is granted", refresh(org, held.refresh, "okta.users.read"), "consent_required")
}

func TestNoRefreshTokenUnlessAskedFor(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	if got := signInPerson(t, org, org.Cast().SuperAdmin.Login, "okta.users.read"); got.refresh != "" || got.id != "" {
		t.Errorf("got %+v; want an access token only", got)
	}
}

func TestRefreshTokensStayWithTheirKey(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	p, other := newProver(t), newProver(t)
	prove := func(by prover) string {
		return by.proof(t, "POST", "/oauth2/v1/token", doc{"nonce": nonceOf(t, org)})
	}
	held := signInPerson(t, org, org.Cast().SuperAdmin.Login, lasting, prove(p))
	if held.kind != "DPoP" {
		t.Fatalf("a device that proves its key gets %+v", held)
	}
	saysError(t, "without a proof", refresh(org, held.refresh, ""), "invalid_dpop_proof")
	saysError(t, "by another key", refresh(org, held.refresh, "", prove(other)), "invalid_dpop_proof")
	fresh := refresh(org, held.refresh, "", prove(p)).tokens(t)
	if fresh.kind != "DPoP" || works(org, fresh.access) {
		t.Errorf("by its key: %+v, as Bearer it works %v", fresh, works(org, fresh.access))
	}
	got := call(org, "DPoP", fresh.access, "GET", "/api/v1/users", p.proof(t, "GET", "/api/v1/users", doc{"ath": athOf(fresh.access)}))
	if got.status != 200 {
		t.Errorf("by its key with a proof: %d %s", got.status, got.header.Get("WWW-Authenticate"))
	}
}

func TestAPersonWhoLeavesIsSignedOut(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	who := org.Cast().SuperAdmin
	held := signInPerson(t, org, who.Login, lasting)
	if err := org.SetStatus(who.Login, "DEPROVISIONED"); err != nil {
		t.Fatal(err)
	}
	saysError(t, "the refresh token of somebody deactivated", refresh(org, held.refresh, ""), "invalid_grant")
	if works(org, held.access) {
		t.Error("the access token of somebody deactivated works")
	}
}

func TestEndingTokens(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	service := signIn(t, org, "okta.users.read")
	held := signInPerson(t, org, org.Cast().SuperAdmin.Login, lasting)
	org.RevokeTokens()
	if works(org, service) || works(org, held.access) {
		t.Error("revoked tokens work")
	}
	service = signIn(t, org, "okta.users.read")
	held = refresh(org, held.refresh, "").tokens(t)
	d := newDevice(t, org, "okta.users.read")
	org.EndSignIns()
	saysError(t, "a device that waited", d.poll(), "invalid_grant")
	if works(org, held.access) || !works(org, service) {
		t.Error("ending sign-ins must end the person's tokens and leave the service app's")
	}
	saysError(t, "a sign-in that was ended", refresh(org, held.refresh, ""), "invalid_grant")
}

func TestRevoking(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	revoke := func(client, token string) {
		t.Helper()
		got := postTo(org, "/oauth2/v1/revoke", url.Values{"client_id": {client}, "token": {token}, "token_type_hint": {"refresh_token"}})
		if got.status != 200 || got.body != "" {
			t.Errorf("revoke: %d %q, want 200 and nothing", got.status, got.body)
		}
	}
	native := org.Credentials().NativeClientID
	service := signIn(t, org, "okta.users.read")
	held := signInPerson(t, org, org.Cast().SuperAdmin.Login, lasting)
	other := signInPerson(t, org, org.Cast().Employee.Login, lasting)
	revoke(native, "nonsense")
	revoke(native, service)
	if !works(org, service) {
		t.Error("a client revoked another's token")
	}
	revoke(native, held.access)
	if works(org, held.access) {
		t.Error("a revoked access token works")
	}
	fresh := refresh(org, held.refresh, "").tokens(t)
	revoke(native, fresh.refresh)
	if works(org, fresh.access) {
		t.Error("the access token of a revoked refresh token works")
	}
	saysError(t, "a revoked refresh token", refresh(org, fresh.refresh, ""), "invalid_grant")
	if !works(org, other.access) {
		t.Error("revoking one person's token ended another's")
	}
	got := postTo(org, "/oauth2/v1/revoke", url.Values{"token": {other.refresh}})
	if got.status != 401 || !works(org, other.access) {
		t.Errorf("revoking without a client: %d %s", got.status, got.body)
	}
}

// TestAHundredRefreshAtOnce has a hundred clients share one refresh token and
// each go on with what it got: within the grace period nobody is lost.
func TestAHundredRefreshAtOnce(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{RateLimits: demoorg.Unlimited})
	held := signInPerson(t, org, org.Cast().SuperAdmin.Login, "offline_access okta.users.read")
	var mu sync.Mutex
	seen := map[string]bool{held.refresh: true}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			token := held.refresh
			for step := range 5 {
				got := refresh(org, token, "")
				if got.status != 200 {
					t.Errorf("step %d: %d %s", step, got.status, got.body)
					return
				}
				said := got.tokens(t)
				if !works(org, said.access) {
					t.Errorf("step %d: the access token does not work", step)
				}
				token = said.refresh
				mu.Lock()
				if seen[token] {
					t.Errorf("step %d: a refresh token was given twice", step)
				}
				seen[token] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

func TestWhoHasSignedIn(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	who := org.Cast().SuperAdmin
	held := signInPerson(t, org, who.Login, lasting)
	keys, err := jwk.ParseString(send(org, "GET", "/oauth2/v1/keys", "").body)
	if err != nil {
		t.Fatalf("read the org's keys: %v", err)
	}
	payload, err := jws.Verify([]byte(held.id), jws.WithKeySet(keys, jws.WithInferAlgorithmFromKey(true)))
	if err != nil {
		t.Fatalf("the id token is not signed by a key of the org: %v", err)
	}
	message, err := jws.ParseString(held.id)
	if err != nil || message.Signatures()[0].ProtectedHeaders().Algorithm() != jwa.RS256 {
		t.Errorf("the id token is not signed with RS256: %v", err)
	}
	id := reply{body: string(payload)}.object(t)
	for claim, want := range map[string]any{
		"sub": who.ID, "aud": org.Credentials().NativeClientID, "iss": "http://acme.example", "preferred_username": who.Login,
		"iat": float64(start.Unix()), "exp": float64(start.Add(time.Hour).Unix()), "auth_time": float64(start.Unix()),
	} {
		if id[claim] != want {
			t.Errorf("the id token says %s is %v, want %v", claim, id[claim], want)
		}
	}
	info := as(org, held.access, "GET", "/oauth2/v1/userinfo", "")
	if info.status != 200 || info.object(t)["sub"] != who.ID || info.object(t)["email"] != who.Login || info.object(t)["name"] == nil {
		t.Errorf("userinfo: %d %s", info.status, info.body)
	}
	bare := signInPerson(t, org, who.Login, "openid")
	if info := as(org, bare.access, "GET", "/oauth2/v1/userinfo", ""); len(info.object(t)) != 1 {
		t.Errorf("userinfo for openid alone: %s, want sub only", info.body)
	}
	if info := as(org, signIn(t, org, "okta.users.read"), "GET", "/oauth2/v1/userinfo", ""); info.status != 403 {
		t.Errorf("userinfo of a service app: %d %s, want 403", info.status, info.body)
	}
	if info := as(org, "nonsense", "GET", "/oauth2/v1/userinfo", ""); info.status != 401 {
		t.Errorf("userinfo of nobody: %d, want 401", info.status)
	}
}
