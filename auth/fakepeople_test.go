package auth_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
)

const (
	testUser    = "00uAlice"
	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
)

// fakePeople is the fake's side of a person's sign-in. Set fields before use.
type fakePeople struct {
	interval  int           // seconds; 0 leaves it out
	codeLife  int           // seconds; 0: 600
	grace     time.Duration // how long a rotated refresh token is taken once more
	keepsSame bool          // does not rotate
	noRefresh bool          // gives no refresh token
	issuer    string        // of ID tokens; empty: the org
	audience  string        // of ID tokens; empty: the client
	idLife    time.Duration // of ID tokens; 0: an hour

	devices   map[string]*fakeDevice
	refreshes map[string]*fakeRefresh
	family    int // of the newest refresh tokens
	revoked   []string
	reused    int // refresh tokens that came again
	polls     []time.Time
	renewals  int
	forms     []map[string]string // of renewals
}

type fakeDevice struct {
	scopes  []string
	expires time.Time
	last    time.Time // of the polls
	every   time.Duration
	subject string // empty: not decided
	denied  bool
}

type fakeRefresh struct {
	family  int
	subject string
	scopes  []string
	jkt     string
	next    string // rotated to
	rotated time.Time
}

// approve has somebody enter the pending code.
func (f *fakeOkta) approve(subject string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.devices {
		d.subject = subject
	}
}

func (f *fakeOkta) deny() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.devices {
		d.denied = true
	}
}

// revokeAll ends every sign-in.
func (f *fakeOkta) revokeAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.refreshes)
}

func (f *fakeOkta) serveDevice(w http.ResponseWriter, r *http.Request) {
	scopes := strings.Fields(r.FormValue("scope"))
	switch {
	case r.FormValue("client_id") != testClient:
		refuse(w, "invalid_client", "Invalid value for 'client_id' parameter.")
		return
	case f.known != nil && slices.ContainsFunc(scopes, func(s string) bool { return strings.HasPrefix(s, "okta.") && !slices.Contains(f.known, s) }):
		refuse(w, "invalid_scope", "One or more scopes are not configured for the authorization server resource.")
		return
	}
	life := f.codeLife
	if life == 0 {
		life = 600
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	code := fmt.Sprintf("secret-device-%d", len(f.devices)+1)
	device := &fakeDevice{scopes: scopes, expires: f.now().Add(time.Duration(life) * time.Second), every: 5 * time.Second, last: f.now()}
	if f.interval != 0 {
		device.every = time.Duration(f.interval) * time.Second
	}
	f.devices[code] = device
	page := strings.TrimSuffix(f.tokenURL, "/oauth2/v1/token") + "/activate"
	doc := map[string]any{
		"device_code": code, "user_code": fmt.Sprintf("ABCD-%04d", len(f.devices)), "expires_in": life,
		"verification_uri": page, "verification_uri_complete": page + "?user_code=ABCD",
	}
	if f.interval != 0 {
		doc["interval"] = f.interval
	}
	answer(w, http.StatusOK, doc)
}

// servePerson answers polls and renewals.
func (f *fakeOkta) servePerson(w http.ResponseWriter, r *http.Request, n int) {
	if r.FormValue("client_id") != testClient {
		refuse(w, "invalid_client", "Invalid value for 'client_id' parameter.")
		return
	}
	jkt, code, description := f.checkTokenProof(r)
	if code != "" {
		refuse(w, code, description)
		return
	}
	var granted *fakeRefresh
	if r.FormValue("grant_type") == deviceGrant {
		granted, code = f.poll(r.FormValue("device_code"))
	} else {
		granted, code = f.renew(r, jkt)
	}
	if code != "" {
		refuse(w, code, "as the test has it")
		return
	}
	scopes := granted.scopes
	if narrower := strings.Fields(r.FormValue("scope")); len(narrower) > 0 {
		scopes = slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return !slices.Contains(narrower, s) })
	}
	doc := f.tokenDoc(f.token(n), jkt, scopes)
	f.mu.Lock()
	defer f.mu.Unlock()
	doc["id_token"] = f.idToken(granted.subject)
	switch {
	case f.noRefresh:
	case granted.next != "" && f.keepsSame:
		doc["refresh_token"] = granted.next
	default:
		name := fmt.Sprintf("secret-refresh-%d", n)
		next := *granted
		next.jkt, next.next = jkt, ""
		f.refreshes[name] = &next
		granted.next, granted.rotated = name, f.now()
		doc["refresh_token"] = name
	}
	answer(w, http.StatusOK, doc)
}

func (f *fakeOkta) poll(code string) (granted *fakeRefresh, problem string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	device, now := f.devices[code], f.now()
	f.polls = append(f.polls, now)
	if device == nil {
		return nil, "invalid_grant"
	}
	early := now.Sub(device.last) < device.every
	device.last = now
	switch {
	case !now.Before(device.expires):
		return nil, "expired_token"
	case device.denied:
		return nil, "access_denied"
	case early:
		device.every += 5 * time.Second
		return nil, "slow_down"
	case device.subject == "":
		return nil, "authorization_pending"
	}
	delete(f.devices, code)
	f.family++
	scopes := device.scopes
	if f.granted != nil {
		scopes = slices.DeleteFunc(scopes, func(s string) bool { return strings.HasPrefix(s, "okta.") && !slices.Contains(f.granted, s) })
	}
	return &fakeRefresh{family: f.family, subject: device.subject, scopes: scopes}, ""
}

// renew takes a refresh token once, or twice within the grace period, and ends
// the whole sign-in when one comes again later.
func (f *fakeOkta) renew(r *http.Request, jkt string) (granted *fakeRefresh, problem string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.renewals++
	form := map[string]string{}
	for name := range r.PostForm {
		form[name] = r.PostForm.Get(name)
	}
	f.forms = append(f.forms, form)
	known := f.refreshes[form["refresh_token"]]
	switch {
	case known == nil || known.jkt != "" && known.jkt != jkt:
		return nil, "invalid_grant"
	case known.next == "" || f.keepsSame:
		return known, ""
	case f.now().Sub(known.rotated) <= f.grace && f.grace > 0:
		return known, ""
	}
	f.reused++
	for name, other := range f.refreshes {
		if other.family == known.family {
			delete(f.refreshes, name)
		}
	}
	return nil, "invalid_grant"
}

func (f *fakeOkta) serveRevoke(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.FormValue("client_id") != testClient || r.FormValue("token_type_hint") != "refresh_token" {
		f.t.Errorf("revocation with the form %v", r.Form)
	}
	f.revoked = append(f.revoked, r.FormValue("token"))
	delete(f.refreshes, r.FormValue("token"))
	w.WriteHeader(http.StatusOK)
}

// idToken is signed with a key nobody knows: that TLS vouches for it is what is
// tested.
func (f *fakeOkta) idToken(subject string) string {
	audience := f.audience
	if audience == "" {
		audience = testClient
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Error(err)
	}
	life := f.idLife
	if life == 0 {
		life = time.Hour
	}
	payload, err := json.Marshal(map[string]any{
		"iss": cmp.Or(f.issuer, strings.TrimSuffix(f.tokenURL, "/oauth2/v1/token")), "aud": audience, "sub": subject,
		"exp": f.now().Add(life).Unix(), "iat": f.now().Unix(),
	})
	if err != nil {
		f.t.Error(err)
	}
	signed, err := jws.Sign(payload, jws.WithKey(jwa.ES256, key))
	if err != nil {
		f.t.Error(err)
	}
	return string(signed)
}

// refreshable are the refresh tokens that would be taken now.
func (f *fakeOkta) refreshable() (names []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, r := range f.refreshes {
		if r.next == "" || f.keepsSame {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// newDevice makes a Device that reaches the fake directly. It is closed at the
// end of the test.
func newDevice(t testing.TB, okta http.RoundTripper, store tokenstore.Store, change func(*auth.Config)) *auth.Device {
	t.Helper()
	config := auth.Config{
		OrgURL: testOrg, ClientID: testClient, Transport: okta, UserAgent: "okta-mcp/test", Store: store,
		Scopes: []string{"okta.users.read", "okta.groups.manage"},
	}
	if change != nil {
		change(&config)
	}
	device, err := auth.NewDevice(config)
	if err != nil {
		t.Fatalf("making the device: %v", err)
	}
	t.Cleanup(device.Close)
	return device
}

// signIn goes through a whole flow as subject.
func signIn(t testing.TB, okta *fakeOkta, device *auth.Device, subject string) {
	t.Helper()
	if _, err := device.Begin(t.Context()); err != nil {
		t.Fatalf("beginning to sign in: %v", err)
	}
	okta.approve(subject)
	if err := device.Wait(t.Context()); err != nil {
		t.Fatalf("signing in: %v", err)
	}
}

// stored is what a store has of the test's app.
func stored(t testing.TB, store tokenstore.Store) tokenstore.Entry {
	t.Helper()
	entry, err := store.Load(t.Context(), tokenstore.Key{Org: testOrg, ClientID: testClient, Method: "device_code"})
	if err != nil {
		t.Fatalf("loading the stored sign-in: %v", err)
	}
	return entry
}

// call sends a request as oktaclient does: once more if Answered says so.
func call(t testing.TB, okta *fakeOkta, app authorizer, address string) (status, attempts int) {
	t.Helper()
	for attempts = 1; ; attempts++ {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := app.Authorize(req); err != nil {
			t.Fatalf("authorizing a request: %v", err)
		}
		resp, err := okta.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		retry, err := app.Answered(resp)
		if err != nil {
			t.Fatal(err)
		}
		if !retry || attempts == 2 {
			return resp.StatusCode, attempts
		}
	}
}
