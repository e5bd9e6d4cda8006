package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
)

func TestNobodyIsAskedUnlessTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		device := newDevice(t, okta, store, nil)
		for range 6 { // a look at the store costs little, so the pauses do not grow
			err := device.SignIn(t.Context())
			if !errors.Is(err, auth.ErrSignInNeeded) || !strings.Contains(err.Error(), "okta-mcp login") {
				t.Fatalf("got %v, want ErrSignInNeeded", err)
			}
			if _, err := authorize(t.Context(), device); !errors.Is(err, auth.ErrSignInNeeded) {
				t.Fatalf("authorizing: %v, want ErrSignInNeeded", err)
			}
			time.Sleep(time.Second)
		}
		if _, pending := device.Pending(); pending || okta.count() != 0 {
			t.Errorf("%d requests, pending %t: nobody asked for a flow", okta.count(), pending)
		}
		if state := device.State(); state.SignedIn || !errors.Is(state.Err, auth.ErrSignInNeeded) || state.Pending {
			t.Errorf("the state is %+v", state)
		}
		if err := device.Wait(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
			t.Errorf("waiting without a flow: %v", err)
		}

		if err := device.SignIn(t.Context()); err == nil {
			t.Fatal("signed in")
		}
		signIn(t, okta, newDevice(t, okta, store, nil), testUser) // as another process does
		if err := device.SignIn(t.Context()); err != nil || device.State().UserID != testUser {
			t.Errorf("seconds after another process signed in: %v, %+v", err, device.State())
		}
	})
}

func TestAStoredSignInIsRenewedWithRotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		signIn(t, okta, newDevice(t, okta, store, nil), testUser)
		before := stored(t, store)
		device := newDevice(t, okta, store, nil)
		first := mustAuthorize(t, device)
		after := stored(t, store)
		if okta.renewals != 1 || after.RefreshToken.Equal(before.RefreshToken) || after.RefreshToken.Reveal() != okta.refreshable()[0] {
			t.Errorf("after %d renewals %v is stored, want the token that Okta takes next", okta.renewals, after.RefreshToken)
		}
		if form := okta.forms[0]; form["scope"] != "" || form["client_id"] != testClient {
			t.Errorf("renewed with %v, want the scopes left as they are", form)
		}
		time.Sleep(50 * time.Minute)
		if mustAuthorize(t, device) != first {
			t.Error("the call that starts the renewal did not go on with the old token")
		}
		synctest.Wait()
		if mustAuthorize(t, device) == first || okta.renewals != 2 {
			t.Errorf("%d renewals, want one before the end", okta.renewals)
		}
		var work sync.WaitGroup
		time.Sleep(2 * time.Hour)
		for range 20 {
			work.Go(func() {
				if err := device.SignIn(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		work.Wait()
		if okta.renewals != 3 || okta.reused != 0 {
			t.Errorf("%d renewals, %d tokens used twice; want 3 and 0", okta.renewals, okta.reused)
		}
	})
}

func TestARefreshTokenThatIsNotRotatedIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		signIn(t, okta, newDevice(t, okta, store, nil), testUser)
		okta.noRefresh = true
		okta.keepsSame = true
		before := stored(t, store)
		for range 3 {
			if err := newDevice(t, okta, store, nil).SignIn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !stored(t, store).RefreshToken.Equal(before.RefreshToken) {
			t.Error("the refresh token was lost")
		}
	})
}

func TestARefusedRenewalEndsTheSignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		device := newDevice(t, okta, store, nil)
		signIn(t, okta, device, testUser)
		okta.revokeAll()
		time.Sleep(2 * time.Hour)
		err := device.SignIn(t.Context())
		var refusal *auth.Error
		if !errors.Is(err, auth.ErrSignInNeeded) || !errors.As(err, &refusal) || refusal.Code != "invalid_grant" || refusal.RequestID == "" || !strings.Contains(err.Error(), "renewing the sign-in") {
			t.Errorf("got %v, want the refusal, and to sign in again", err)
		}
		if state := device.State(); state.SignedIn || len(state.Granted) != 0 || okta.renewals != 1 {
			t.Errorf("after %d renewals the state is %+v, want nothing granted after one", okta.renewals, state)
		}
		if _, err := store.Load(t.Context(), testStoreKey()); !errors.Is(err, tokenstore.ErrNotFound) {
			t.Errorf("what Okta refused is still stored (%v)", err)
		}
		signIn(t, okta, device, testUser)
		if !device.State().SignedIn {
			t.Error("signing in again did not help")
		}
	})
}

func testStoreKey() tokenstore.Key {
	return tokenstore.Key{Org: testOrg, ClientID: testClient, Method: "device_code"}
}

func TestTroubleForgetsNothing(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]func(http.ResponseWriter){
		"a fault": status(503), "a rate limit": status(429), "a page": func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) },
		"a blocked client": oauth("invalid_client"), "no such grant": oauth("unauthorized_client"), "a proof refused": oauth("invalid_dpop_proof"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				okta := newFakeOkta(t, testKey{})
				store := tokenstore.Memory()
				device := newDevice(t, okta, store, nil)
				signIn(t, okta, device, testUser)
				before := stored(t, store)
				okta.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool { trouble(w); return true }
				time.Sleep(2 * time.Hour)
				if err := device.SignIn(t.Context()); err == nil || errors.Is(err, auth.ErrSignInNeeded) {
					t.Errorf("got %v, want the trouble and not a new sign-in", err)
				}
				if !stored(t, store).RefreshToken.Equal(before.RefreshToken) {
					t.Error("the sign-in was forgotten")
				}
				okta.before = nil
				time.Sleep(2 * time.Minute)
				if err := device.SignIn(t.Context()); err != nil {
					t.Errorf("after the trouble: %v", err)
				}
			})
		})
	}
}

func TestAnAnswerThatGotLostIsAskedForAgainWithinTheGracePeriod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		okta.grace = 30 * time.Second
		lose := false
		flaky := roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := okta.RoundTrip(r)
			if lose {
				lose = false
				return nil, errors.New("connection reset by peer")
			}
			return resp, err
		})
		store := tokenstore.Memory()
		device := newDevice(t, flaky, store, nil)
		signIn(t, okta, device, testUser)
		time.Sleep(2 * time.Hour)
		lose = true
		if err := device.SignIn(t.Context()); err != nil || okta.reused != 0 {
			t.Fatalf("with the answer lost after rotation: %v, %d reuses", err, okta.reused)
		}
		if !slices.Contains(okta.refreshable(), stored(t, store).RefreshToken.Reveal()) {
			t.Error("what is stored now is not taken")
		}
	})
}

func TestProcessesInTurnLoseNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		signIn(t, okta, newDevice(t, okta, store, nil), testUser)
		var work sync.WaitGroup
		for range 10 {
			device := newDevice(t, okta, store, nil)
			work.Go(func() {
				for range 10 {
					if err := device.SignIn(t.Context()); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Hour)
				}
			})
		}
		work.Wait()
		if okta.renewals != 100 || okta.reused != 0 {
			t.Errorf("%d renewals, %d tokens used twice; want 100 and none", okta.renewals, okta.reused)
		}
	})
}

func TestScopesAndAStoredSignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		okta.granted = []string{"okta.users.read", "okta.apps.read"}
		store := tokenstore.Memory()
		asking := func(scopes ...string) *auth.Device {
			return newDevice(t, okta, store, func(c *auth.Config) { c.Scopes = scopes })
		}
		signIn(t, okta, asking("okta.users.read", "okta.apps.read", "okta.groups.read"), testUser)

		fewer := asking("okta.users.read", "okta.groups.read")
		if err := fewer.SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if form := okta.forms[0]; form["scope"] != "openid offline_access okta.users.read" {
			t.Errorf("renewed for %q, want no more than this process asks for", form["scope"])
		}
		if got := fewer.State().Granted; !slices.Equal(got, []string{"okta.users.read"}) {
			t.Errorf("granted %v, want the asked part of what is granted", got)
		}
		all := asking("okta.users.read", "okta.apps.read", "okta.groups.read")
		if err := all.SignIn(t.Context()); err != nil || len(all.State().Granted) != 2 {
			t.Errorf("a narrower renewal made the sign-in smaller: %v, %v", err, all.State().Granted)
		}
		before := okta.count()
		err := asking("okta.users.read", "okta.roles.read", "okta.logs.read").SignIn(t.Context())
		if !errors.Is(err, auth.ErrSignInNeeded) || !strings.Contains(err.Error(), "okta.logs.read okta.roles.read") || okta.count() != before {
			t.Errorf("asking for more: %v, want a new sign-in with the scopes named", err)
		}
		if _, err := store.Load(t.Context(), testStoreKey()); err != nil {
			t.Errorf("the smaller sign-in was forgotten: %v", err)
		}
	})
}

func TestAScopeThatWasTakenAwayDoesNotEndASignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		signIn(t, okta, newDevice(t, okta, store, nil), testUser)
		for _, known := range okta.refreshes {
			known.scopes = []string{"openid", "offline_access", "okta.groups.manage"}
		}
		okta.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.FormValue("scope"), "okta.users.read") {
				refuse(w, "invalid_scope", "The requested scope exceeds what was granted.")
				return true
			}
			return false
		}
		device := newDevice(t, okta, store, func(c *auth.Config) { c.Scopes = []string{"okta.users.read"} })
		if err := device.SignIn(t.Context()); err != nil || len(device.State().Granted) != 0 {
			t.Errorf("got %v, and %v granted; want the sign-in alive, and nothing granted", err, device.State().Granted)
		}
		if got := stored(t, store).Granted; !slices.Equal(got, []string{"okta.groups.manage"}) {
			t.Errorf("stored as granted: %v, want what Okta said last", got)
		}
	})
}

func TestAPersonsTokensAreBoundAndSoIsWhatIsStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		okta.requireDPoP = true
		okta.setNonce(true, "n-1")
		okta.setNonce(false, "a-1")
		store := tokenstore.Memory()
		device := newDevice(t, okta, store, nil)
		signIn(t, okta, device, testUser)
		if !device.State().DPoP || stored(t, store).ProofKey.IsZero() {
			t.Fatal("the sign-in is not bound")
		}
		if status, _ := call(t, okta, device, testOrg+"/api/v1/users"); status != 200 {
			t.Errorf("a call was answered %d", status)
		}
		again := newDevice(t, okta, store, nil)
		before := okta.count()
		if err := again.SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if okta.count()-before != 2 {
			t.Errorf("%d requests, want 2: the proof at once, and with the nonce", okta.count()-before)
		}
		if status, _ := call(t, okta, again, testOrg+"/api/v1/users"); status != 200 {
			t.Errorf("a call of another process was answered %d", status)
		}
		for _, p := range okta.seenProofs() {
			if p.thumbprint != okta.seenProofs()[0].thumbprint {
				t.Error("another key was used than the refresh token is bound to")
			}
		}
		never := newDevice(t, okta, store, withDPoP(auth.DPoPNever))
		if err := never.SignIn(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) || !strings.Contains(err.Error(), "set to never") {
			t.Errorf("a bound sign-in without DPoP: %v", err)
		}
	})
}

func TestABoundRefreshTokenStaysBoundWhenAccessTokensAreNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		okta.requireDPoP = true
		store := tokenstore.Memory()
		signIn(t, okta, newDevice(t, okta, store, nil), testUser)
		okta.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			answer(w, 200, map[string]any{"token_type": "Bearer", "access_token": "t", "scope": "okta.users.read", "refresh_token": "secret-refresh-x"})
			return true
		}
		device := newDevice(t, okta, store, nil)
		if err := device.SignIn(t.Context()); err != nil || device.State().DPoP {
			t.Fatalf("got %v, %+v; want a token that is not bound", err, device.State())
		}
		if entry := stored(t, store); entry.ProofKey.IsZero() || entry.RefreshToken.Reveal() != "secret-refresh-x" || entry.Subject != testUser {
			t.Errorf("stored %+v, want the key, and the person known from before", entry)
		}
	})
}

func TestAnotherPersonIsNotServedUntilARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		device := newDevice(t, okta, store, nil)
		signIn(t, okta, device, testUser)
		alices := stored(t, store)

		if _, err := device.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		okta.approve("00uMallory")
		err := device.Wait(t.Context())
		if !errors.Is(err, auth.ErrSubjectChanged) || !strings.Contains(err.Error(), "restart") || !strings.Contains(err.Error(), "00uMallory, not 00uAlice") {
			t.Errorf("another person signed in: %v", err)
		}
		if state := device.State(); !state.SignedIn || state.UserID != testUser {
			t.Errorf("the state is %+v, want Alice as before", state)
		}
		if !stored(t, store).RefreshToken.Equal(alices.RefreshToken) || len(okta.revoked) != 1 {
			t.Errorf("Alice's sign-in was replaced, or the other's not given back (%v)", okta.revoked)
		}

		if err := store.Delete(t.Context(), testStoreKey()); err != nil {
			t.Fatal(err)
		}
		signIn(t, okta, newDevice(t, okta, store, nil), "00uMallory") // in another process
		bobs := stored(t, store)
		time.Sleep(2 * time.Hour)
		if err := device.SignIn(t.Context()); !errors.Is(err, auth.ErrSubjectChanged) {
			t.Errorf("the store holds another's sign-in: %v", err)
		}
		if state := device.State(); state.SignedIn || len(state.Granted) != 0 {
			t.Errorf("the state is %+v, want nothing granted", state)
		}
		if !stored(t, store).RefreshToken.Equal(bobs.RefreshToken) {
			t.Error("the other's sign-in was used up")
		}
		if err := newDevice(t, okta, store, nil).SignIn(t.Context()); err != nil {
			t.Errorf("after a restart: %v", err)
		}
	})
}

// spoilt is a store whose entry nobody can read.
type spoilt struct{ tokenstore.Store }

func (spoilt) Load(context.Context, tokenstore.Key) (tokenstore.Entry, error) {
	return tokenstore.Entry{}, fmt.Errorf("it is not what okta-mcp wrote: %w", tokenstore.ErrUnreadable)
}

func TestAStoredSignInThatCannotBeReadIsMendedBySigningIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		device := newDevice(t, okta, spoilt{store}, nil)
		if err := device.SignIn(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
			t.Errorf("reading it: %v, want ErrSignInNeeded", err)
		}
		signIn(t, okta, device, testUser)
		if stored(t, store).Subject != testUser {
			t.Error("the new sign-in did not replace it")
		}
	})
}

func TestARenewalForAnotherPersonIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		signIn(t, okta, newDevice(t, okta, store, nil), testUser)
		for _, known := range okta.refreshes {
			known.subject = "00uMallory"
		}
		device := newDevice(t, okta, store, nil)
		if err := device.SignIn(t.Context()); !errors.Is(err, auth.ErrSubjectChanged) || device.State().SignedIn {
			t.Errorf("got %v, %+v; want the change refused", err, device.State())
		}
	})
}

func TestIDTokensThatNameNobodyHere(t *testing.T) {
	t.Parallel()
	polled := func(answerOf func(*fakeOkta) map[string]any) func(*fakeOkta) {
		return func(f *fakeOkta) {
			f.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				if n > 1 {
					answer(w, 200, answerOf(f))
				}
				return n > 1
			}
		}
	}
	for name, c := range map[string]struct {
		subject string
		setUp   func(*fakeOkta)
	}{
		"another app's":  {testUser, func(f *fakeOkta) { f.audience = "0oaOther" }},
		"another org's":  {testUser, func(f *fakeOkta) { f.issuer = "https://other.okta.test" }},
		"that ran out":   {testUser, func(f *fakeOkta) { f.idLife = -time.Hour }},
		"with a newline": {"00u\n1", func(*fakeOkta) {}},
		"of nobody": {testUser, polled(func(f *fakeOkta) map[string]any {
			return map[string]any{"token_type": "Bearer", "access_token": "t", "id_token": f.idToken("")}
		})},
		"none": {testUser, polled(func(*fakeOkta) map[string]any {
			return map[string]any{"token_type": "Bearer", "access_token": "t", "scope": "okta.users.read", "refresh_token": "secret-refresh-x"}
		})},
		"no token": {testUser, polled(func(*fakeOkta) map[string]any {
			return map[string]any{"token_type": "Bearer", "access_token": "t", "id_token": "eyJhbGciOiJub25lIn0.sEcReT.x"}
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				okta := newFakeOkta(t, testKey{})
				c.setUp(okta)
				store := tokenstore.Memory()
				device := newDevice(t, okta, store, nil)
				if _, err := device.Begin(t.Context()); err != nil {
					t.Fatal(err)
				}
				okta.approve(c.subject)
				err := device.Wait(t.Context())
				if err == nil || !strings.Contains(err.Error(), "finding out who signed in") || strings.Contains(err.Error(), "sEcReT") {
					t.Errorf("got %v, want to be told that nobody is known to have signed in", err)
				}
				if device.State().SignedIn {
					t.Error("signed in")
				}
				if _, err := store.Load(t.Context(), testStoreKey()); !errors.Is(err, tokenstore.ErrNotFound) {
					t.Errorf("stored: %v", err)
				}
			})
		})
	}
}

func TestASignInWithoutARefreshTokenSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		okta.noRefresh = true
		device := newDevice(t, okta, nil, nil)
		signIn(t, okta, device, testUser)
		if state := device.State(); !state.SignedIn || state.Err == nil || !strings.Contains(state.Err.Error(), "allow Refresh Token") {
			t.Errorf("the state is %+v, want signed in and the grant type named", state)
		}
	})
}

// broken is a store that cannot save for a while.
type broken struct {
	tokenstore.Store
	err error
}

func (b *broken) Save(ctx context.Context, key tokenstore.Key, entry tokenstore.Entry) error {
	if b.err != nil {
		return b.err
	}
	return b.Store.Save(ctx, key, entry)
}

func TestASignInThatCannotBeStoredLastsAsLongAsTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		full := errors.New("no space left on device")
		for _, first := range []bool{true, false} {
			store := &broken{Store: tokenstore.Memory(), err: full}
			device := newDevice(t, okta, store, nil)
			if !first {
				store.err = nil
			}
			signIn(t, okta, device, testUser)
			store.err = full
			for range 3 {
				time.Sleep(2 * time.Hour)
				if err := device.SignIn(t.Context()); err != nil {
					t.Fatalf("renewing what only this process has: %v", err)
				}
			}
			if state := device.State(); !state.SignedIn || !errors.Is(state.Err, full) {
				t.Errorf("the state is %+v, want signed in and the reason", state)
			}
			store.err = nil
			time.Sleep(2 * time.Hour)
			if err := device.SignIn(t.Context()); err != nil || device.State().Err != nil {
				t.Errorf("when it can be stored again: %v, %v", err, device.State().Err)
			}
			if !slices.Contains(okta.refreshable(), stored(t, store).RefreshToken.Reveal()) {
				t.Error("what is stored in the end is not taken")
			}
		}
		if okta.reused != 0 {
			t.Errorf("%d tokens used twice", okta.reused)
		}
	})
}

func TestADevicesSettingsAreChecked(t *testing.T) {
	t.Parallel()
	key, err := auth.ParseKey(newTestKey(t).pem, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*auth.Config)
		want   string
	}{
		"a key":          {func(c *auth.Config) { c.Key = key }, "service app"},
		"no client":      {func(c *auth.Config) { c.ClientID = "" }, "client id"},
		"no scopes":      {func(c *auth.Config) { c.Scopes = nil }, "no scopes"},
		"http":           {func(c *auth.Config) { c.OrgURL = "http://acme.okta.com" }, "https"},
		"DPoP sometimes": {func(c *auth.Config) { c.DPoP = "sometimes" }, "auto, always or never"},
	} {
		config := auth.Config{OrgURL: testOrg, ClientID: testClient, Scopes: []string{"okta.users.read"}}
		c.change(&config)
		if _, err := auth.NewDevice(config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
