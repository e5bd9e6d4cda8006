package auth_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/auth"
)

// scopesOf names read and manage of n families, sorted.
func scopesOf(n int) (scopes []string) {
	for i := range n {
		scopes = append(scopes, fmt.Sprintf("okta.f%02d.manage", i), fmt.Sprintf("okta.f%02d.read", i))
	}
	return scopes
}

// without drops whole families.
func without(scopes []string, families ...string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool {
		return slices.Contains(families, s[:strings.LastIndex(s, ".")])
	})
}

func only(scopes []string, families ...string) []string {
	rest := without(scopes, families...)
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return slices.Contains(rest, s) })
}

func optional(scopes []string) func(*auth.Config) {
	return func(c *auth.Config) { c.Scopes, c.Optional = scopes, true }
}

func TestAScopeSetByTheOperatorIsNeverDropped(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	okta.known = []string{"okta.users.read"}
	app := newApp(t, okta, key, func(c *auth.Config) { c.Scopes = []string{"okta.users.read", "okta.nope.read"} })
	err := app.SignIn(t.Context())
	var refusal *auth.Error
	if !errors.As(err, &refusal) || refusal.Code != "invalid_scope" {
		t.Fatalf("got %v, want invalid_scope", err)
	}
	for _, part := range []string{"okta.nope.read", "okta.users.read", "Okta API Scopes"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q leaves out %q", err, part)
		}
	}
	if state := app.State(); okta.count() != 1 || len(state.Refused) != 0 || len(state.Granted) != 0 {
		t.Errorf("%d requests, state %+v; want 1 and nothing dropped", okta.count(), state)
	}
}

func TestUnknownFamiliesAreFoundByHalving(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		families int
		unknown  []string
		most     int // requests
	}{
		{1, nil, 1},
		{2, []string{"okta.f01"}, 3},
		{16, []string{"okta.f00"}, 6},
		{16, []string{"okta.f15"}, 6},
		{16, []string{"okta.f03", "okta.f12"}, 11},
		{16, []string{"okta.f14", "okta.f15"}, 7}, // what was found good is not asked for again
		{64, []string{"okta.f03", "okta.f12", "okta.f60"}, 22},
	} {
		t.Run(fmt.Sprint(c.families, c.unknown), func(t *testing.T) {
			t.Parallel()
			key := newTestKey(t)
			okta := newFakeOkta(t, key)
			asked := scopesOf(c.families)
			okta.known = without(asked, c.unknown...)
			app := newApp(t, okta, key, optional(asked))
			if err := app.SignIn(t.Context()); err != nil {
				t.Fatalf("signing in: %v", err)
			}
			state := app.State()
			if !slices.Equal(state.Granted, okta.known) {
				t.Errorf("granted %v, want all the org knows", state.Granted)
			}
			if want := only(asked, c.unknown...); !slices.Equal(state.Refused, want) {
				t.Errorf("refused %v, want %v", state.Refused, want)
			}
			if !slices.Equal(state.Asked, asked) {
				t.Errorf("asked %v, want all", state.Asked)
			}
			if okta.count() > c.most {
				t.Errorf("%d token requests, want at most %d", okta.count(), c.most)
			}
		})
	}
}

// TestNarrowingIsBoundedAndNeverFailsOpen tries random orgs: whatever is
// granted is known, what is known and not granted is reported as refused.
func TestNarrowingIsBoundedAndNeverFailsOpen(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	key := newTestKey(t)
	for round := range 60 {
		asked := scopesOf(1 + random.IntN(50))
		okta := newFakeOkta(t, key)
		okta.known, okta.granted = []string{}, []string{}
		share, grants := random.Float64(), random.Float64()
		for _, scope := range asked {
			if strings.HasSuffix(scope, ".manage") && random.Float64() < share {
				okta.known = append(okta.known, only(asked, strings.TrimSuffix(scope, ".manage"))...)
			}
			if random.Float64() < grants {
				okta.granted = append(okta.granted, scope)
			}
		}
		okta.consentFirst = round%2 == 0
		app := newApp(t, okta, key, optional(asked))
		err := app.SignIn(t.Context())
		state := app.State()
		if okta.count() > 24 {
			t.Errorf("round %d: %d token requests, want at most 24", round, okta.count())
		}
		if state.SignedIn != (err == nil) {
			t.Errorf("round %d: signed in %t, error %v", round, state.SignedIn, err)
		}
		for _, scope := range asked {
			granted, known := slices.Contains(state.Granted, scope), slices.Contains(okta.known, scope)
			if granted && (!known || !slices.Contains(okta.granted, scope)) {
				t.Errorf("round %d: %s is taken as granted, and is not", round, scope)
			}
			if err == nil && known && !granted && slices.Contains(okta.granted, scope) && !slices.Contains(state.Refused, scope) {
				t.Errorf("round %d: %s is neither granted nor reported", round, scope)
			}
		}
	}
}

func TestAFamilyTheDescriptionNamesIsDroppedWithoutSearching(t *testing.T) {
	t.Parallel()
	for _, form := range []string{
		"Scopes not known: okta.f03.read.", "unknown scope 'okta.f03.manage'", "okta.f03.* is not available", "no family okta.f03",
	} {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		asked := scopesOf(40)
		okta.known = without(asked, "okta.f03")
		okta.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n == 1 {
				answer(w, 400, map[string]any{"error": "invalid_scope", "error_description": form})
			}
			return n == 1
		}
		app := newApp(t, okta, key, optional(asked))
		if err := app.SignIn(t.Context()); err != nil {
			t.Fatalf("%q: %v", form, err)
		}
		if state := app.State(); okta.count() != 2 || !slices.Equal(state.Granted, okta.known) || !slices.Equal(state.Refused, only(asked, "okta.f03")) {
			t.Errorf("%q: %d requests, refused %v; want 2 and okta.f03", form, okta.count(), state.Refused)
		}
	}
}

func TestAScopeWithoutAFamilyIsItsOwn(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	okta.known = []string{"okta.users.read"}
	app := newApp(t, okta, key, optional([]string{"offline", ".read", "okta.users.read"}))
	if err := app.SignIn(t.Context()); err != nil || !slices.Equal(app.State().Refused, []string{".read", "offline"}) {
		t.Errorf("got %v, refused %v; want the two unknown scopes", err, app.State().Refused)
	}
}

func TestAScopeHiddenByAMissingGrantIsFound(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	asked := scopesOf(4)
	okta.consentFirst = true
	okta.known, okta.granted = without(asked, "okta.f00"), only(asked, "okta.f02", "okta.f03")
	app := newApp(t, okta, key, optional(asked))
	if err := app.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if state := app.State(); !slices.Equal(state.Granted, okta.granted) || !slices.Equal(state.Refused, only(asked, "okta.f00", "okta.f01")) {
		t.Errorf("granted %v, refused %v; want all that is granted", state.Granted, state.Refused)
	}
}

// TestASearchThatRunsOutUsesWhatItFound has more unknown families than the
// requests suffice for: what was not tried is reported, and not used.
func TestASearchThatRunsOutUsesWhatItFound(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	asked := scopesOf(64)
	okta.known = slices.DeleteFunc(slices.Clone(asked), func(s string) bool {
		return strings.ContainsAny(s[len("okta.f0"):len("okta.f00")], "048")
	})
	app := newApp(t, okta, key, optional(asked))
	if err := app.SignIn(t.Context()); err != nil {
		t.Fatalf("signing in: %v", err)
	}
	state := app.State()
	if okta.count() < 20 || okta.count() > 24 || len(state.Granted) < 6 {
		t.Errorf("%d requests found %d scopes, want 20 to 24 and three families or more", okta.count(), len(state.Granted))
	}
	if both := slices.Sorted(slices.Values(append(state.Granted, state.Refused...))); !slices.Equal(both, asked) {
		t.Errorf("granted and refused together are %v, want all that was asked", both)
	}
}

func TestNamesOneAtATimeAreBoundedToo(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	asked := scopesOf(40)
	okta.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		last := r.FormValue("scope")
		answer(w, 400, map[string]any{"error": "invalid_scope", "error_description": last[strings.LastIndex(last, " ")+1:]})
		return true
	}
	app := newApp(t, okta, key, optional(asked))
	if app.SignIn(t.Context()) == nil || okta.count() > 24 {
		t.Errorf("%d token requests, want an error after at most 24", okta.count())
	}
}

func TestRefusedScopesAreSorted(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	asked := scopesOf(8)
	okta.known = without(asked, "okta.f02", "okta.f06")
	okta.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 { // the later family is found first
			answer(w, 400, map[string]any{"error": "invalid_scope", "error_description": "okta.f06.read"})
		}
		return n == 1
	}
	app := newApp(t, okta, key, optional(asked))
	if err := app.SignIn(t.Context()); err != nil || !slices.Equal(app.State().Refused, only(asked, "okta.f02", "okta.f06")) {
		t.Errorf("got %v, refused %v; want f02 before f06", err, app.State().Refused)
	}
}

func TestADescriptionThatNamesEverythingIsNoHelp(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	asked := scopesOf(4)
	okta.known = without(asked, "okta.f03")
	okta.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			answer(w, 400, map[string]any{"error": "invalid_scope", "error_description": "bad: " + r.FormValue("scope")})
		}
		return n == 1
	}
	app := newApp(t, okta, key, optional(asked))
	if err := app.SignIn(t.Context()); err != nil || !slices.Equal(app.State().Granted, okta.known) {
		t.Errorf("got %v, granted %v; want the three known families", err, app.State().Granted)
	}
}

func TestWhereEveryFamilyIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		asked := scopesOf(6)
		okta.known = []string{}
		app := newApp(t, okta, key, optional(asked))
		var refusal *auth.Error
		if err := app.SignIn(t.Context()); !errors.As(err, &refusal) || refusal.Code != "invalid_scope" {
			t.Fatalf("got %v, want invalid_scope", err)
		}
		state := app.State()
		if state.SignedIn || !slices.Equal(state.Refused, asked) {
			t.Errorf("the state is %+v, want all refused", state)
		}
		before := okta.count()
		time.Sleep(time.Minute)
		if app.SignIn(t.Context()) == nil || okta.count() != before+1 {
			t.Errorf("the next try took %d requests, want 1: halving again tells nothing new", okta.count()-before)
		}
		okta.known = nil
		time.Sleep(time.Minute)
		if err := app.SignIn(t.Context()); err != nil || len(app.State().Refused) != 0 || len(app.State().Granted) != len(asked) {
			t.Errorf("once the org knows them: %v, state %+v; want all granted", err, app.State())
		}
	})
}

func TestRefusedFamiliesStayOutOfRenewals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		asked := scopesOf(8)
		okta.known = without(asked, "okta.f05")
		app := newApp(t, okta, key, optional(asked))
		mustAuthorize(t, app)
		before := okta.count()
		time.Sleep(2 * time.Hour)
		mustAuthorize(t, app)
		if okta.count() != before+1 {
			t.Errorf("the renewal took %d requests, want 1", okta.count()-before)
		}
		if state := app.State(); !slices.Equal(state.Refused, only(asked, "okta.f05")) || !slices.Equal(state.Granted, okta.known) {
			t.Errorf("after the renewal the state is %+v", state)
		}
	})
}

func TestNothingGrantedIsNotMistakenForUnknown(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	asked := scopesOf(8)
	okta.known, okta.granted = without(asked, "okta.f05"), []string{}
	app := newApp(t, okta, key, optional(asked))
	var refusal *auth.Error
	if err := app.SignIn(t.Context()); !errors.As(err, &refusal) || refusal.Code != "consent_required" {
		t.Fatalf("got %v, want consent_required: granting is what helps", err)
	}
	if refused := app.State().Refused; !slices.Equal(refused, only(asked, "okta.f05")) {
		t.Errorf("refused %v, want okta.f05 alone", refused)
	}
}

func TestAFaultEndsTheSearch(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	asked := scopesOf(8)
	okta.known = without(asked, "okta.f05")
	okta.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 3 {
			w.WriteHeader(http.StatusTooManyRequests)
		}
		return n == 3
	}
	app := newApp(t, okta, key, optional(asked))
	var refusal *auth.Error
	if err := app.SignIn(t.Context()); !errors.As(err, &refusal) || refusal.Status != 429 || okta.count() != 3 {
		t.Errorf("got %v after %d requests, want the 429 after 3", err, okta.count())
	}
	if refused := app.State().Refused; len(refused) != 0 {
		t.Errorf("refused %v after a search that ended early, want none", refused)
	}
}
