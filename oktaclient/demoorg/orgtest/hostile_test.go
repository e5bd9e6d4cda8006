package orgtest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
)

func TestTheHostileTextsAreManyAndDiffer(t *testing.T) {
	t.Parallel()
	seen, classes := map[string]bool{}, map[string]int{}
	for _, hostile := range orgtest.Hostile() {
		if seen[hostile.Text] {
			t.Errorf("%s: %.60q is there twice", hostile.Class, hostile.Text)
		}
		seen[hostile.Text] = true
		classes[hostile.Class]++
		if !json.Valid([]byte(orgtest.Raw(hostile.Text))) {
			t.Errorf("%s: %.60q makes no JSON", hostile.Class, hostile.Text)
		}
	}
	if len(seen) < 60 || len(classes) < 10 {
		t.Errorf("%d texts in %d classes", len(seen), len(classes))
	}
}

func TestRawKeepsWhatOtherEncodersMend(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\"b\\": `"a\"b\\"`, "\x00\n": `"\u0000\u000a"`, "\xff": "\"\xff\"", "\xed\xa0\x80": `"\ud800"`, "\xed\xb0\x81": `"\udc01"`, "\u2028\x7f": "\"\u2028\x7f\"",
	} {
		if got := orgtest.Raw(text); got != want {
			t.Errorf("Raw(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestATaintChangesTextsAndNothingElse(t *testing.T) {
	t.Parallel()
	const body = `{"id":"1","name":"n","n":1.50,"list":[{"label":"l"},null,"x"],"profile":{"login":"me"}}`
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Kept", "yes")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, body)
	})
	answer := httptest.NewRecorder()
	var places []string
	orgtest.Tainted(next, func(p orgtest.Place) string {
		places = append(places, fmt.Sprintf("%s=%s", p.Member, p.Text))
		return strings.ToUpper(p.Text) + "\xff"
	}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/api/v1/users", nil))
	want := strings.NewReplacer(`"1"`, "\"1\xff\"", `"n",`, "\"N\xff\",", `"l"}`, "\"L\xff\"}", `"x"`, "\"X\xff\"", `"me"`, "\"ME\xff\"").Replace(body)
	if answer.Body.String() != want || answer.Code != http.StatusTeapot || answer.Header().Get("X-Kept") != "yes" {
		t.Errorf("%d %q, want %q", answer.Code, answer.Body, want)
	}
	if got := strings.Join(places, " "); got != "id=1 name=n list.label=l list=x profile.login=me" {
		t.Errorf("the places are %s", got)
	}
}

// An insider's names are the org's own from then on: they are found and listed.
func TestAnInsiderPlantsWhatTheOrgTakes(t *testing.T) {
	t.Parallel()
	org, err := demoorg.New(demoorg.Options{Size: 20})
	if err != nil {
		t.Fatal(err)
	}
	taken := map[string]int{}
	for i, hostile := range orgtest.Hostile() {
		for _, planted := range orgtest.Plant(org, i, hostile.Text) {
			answer := httptest.NewRecorder()
			org.Admin().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, planted.Path, nil))
			shown := gjson.Get(answer.Body.String(), planted.Member).String()
			if want := strings.ToValidUTF8(hostile.Text, "\uFFFD"); answer.Code != http.StatusOK || utf8.ValidString(hostile.Text) && shown != want {
				t.Errorf("%s %.60q: GET %s shows %d %.60q", hostile.Class, hostile.Text, planted.Path, answer.Code, shown)
			}
			taken[planted.Type]++
		}
	}
	for _, sort := range []string{"user", "group", "application", "group rule", "network zone", "event hook", "policy"} {
		if taken[sort] < 60 {
			t.Errorf("%d of a %s's names were taken: %v", taken[sort], sort, taken)
		}
	}
}
