package demoorg_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// madeName is a name that an org gave an app of its own.
var madeName = regexp.MustCompile(`_\d+$`)

// appLike makes an app like a recorded one, a bookmark when that is no app.
func appLike(t *testing.T, org *demoorg.Org, recorded map[string]any, status string) string {
	t.Helper()
	body := map[string]any{"label": "Twin", "signOnMode": "BOOKMARK", "settings": map[string]any{"app": map[string]any{"url": "https://twin.example/"}}}
	if recorded["signOnMode"] != nil {
		body = maps.Clone(recorded)
	}
	if name := fmt.Sprint(body["name"]); madeName.MatchString(name) {
		delete(body, "name")
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprint(must(t, org, 200, "POST", "/api/v1/apps", string(raw)).object(t)["id"])
	if status == "INACTIVE" {
		must(t, org, 200, "POST", "/api/v1/apps/"+id+"/lifecycle/deactivate", "")
	}
	return id
}

// asObject reads an object, nil from anything else.
func asObject(text string) map[string]any {
	var v map[string]any
	_ = json.Unmarshal([]byte(text), &v) // no object: nil says so
	return v
}

// onAnApp is a twin on an app like the recorded answer's.
func onAnApp(status, tail string) twin {
	return func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
		was := asObject(p.Response)
		if status == "" {
			return "/api/v1/apps/" + appLike(t, org, was, fmt.Sprint(was["status"])), "", true
		}
		return "/api/v1/apps/" + appLike(t, org, was, status) + tail, "", p.Response != ""
	}
}

// onAGroup is a twin on the assignment of the project's group to an app.
func onAGroup(_ *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
	return "/api/v1/apps/" + org.Cast().ProjectApp.ID + "/groups/" + org.Cast().Project.ID, p.Request, true
}

// onAPerson is a twin on the assignment of somebody to an app like the one
// recorded: its profile tells whether that was an OAuth client.
func onAPerson(t *testing.T, org *demoorg.Org, p pair) (app, person string) {
	t.Helper()
	var like map[string]any
	if strings.Contains(p.Response, "given_name") {
		like = map[string]any{"label": "Twin", "signOnMode": "OPENID_CONNECT", "settings": map[string]any{
			"oauthClient": map[string]any{"redirect_uris": []string{"https://twin.example/"}},
		}}
	}
	app = "/api/v1/apps/" + appLike(t, org, like, "")
	person = org.Cast().Employee.ID
	if p.Method != "POST" || strings.Count(p.Path, "/") > 5 {
		must(t, org, 200, "POST", app+"/users", `{"id":"`+person+`"}`)
	}
	return app, person
}

// appTwins are the twins of apps and assignments.
func appTwins() map[string]twin {
	return map[string]twin{
		"GET /api/v1/apps": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			var found []map[string]any
			if json.Unmarshal([]byte(p.Response), &found) == nil && len(found) == 1 {
				appLike(t, org, found[0], "")
			}
			return "/api/v1/apps?" + p.Query, "", true
		},
		"GET /api/v1/apps/{appId}": onAnApp("", ""),
		"POST /api/v1/apps": func(_ *testing.T, _ *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/apps?" + p.Query, p.Request, p.Request != ""
		},
		"PUT /api/v1/apps/{appId}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			status := fmt.Sprint(asObject(p.Response)["status"])
			if p.Status == 400 {
				status = "INACTIVE"
			}
			return "/api/v1/apps/" + appLike(t, org, asObject(p.Request), status), p.Request, p.Request != ""
		},
		"DELETE /api/v1/apps/{appId}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			status := "INACTIVE"
			if p.Status == 403 {
				status = "ACTIVE"
			}
			return "/api/v1/apps/" + appLike(t, org, nil, status), "", true
		},
		"POST /api/v1/apps/{appId}/lifecycle/activate":   onAnApp("INACTIVE", "/lifecycle/activate"),
		"POST /api/v1/apps/{appId}/lifecycle/deactivate": onAnApp("ACTIVE", "/lifecycle/deactivate"),
		"GET /api/v1/apps/{appId}/groups": func(_ *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/apps/" + org.Cast().ProjectApp.ID + "/groups?" + p.Query, "", true
		},
		"GET /api/v1/apps/{appId}/groups/{groupId}":    onAGroup,
		"PUT /api/v1/apps/{appId}/groups/{groupId}":    onAGroup,
		"DELETE /api/v1/apps/{appId}/groups/{groupId}": onAGroup,
		"GET /api/v1/apps/{appId}/users": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			app, _ := onAPerson(t, org, p)
			return app + "/users", "", true
		},
		"POST /api/v1/apps/{appId}/users": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			app, person := onAPerson(t, org, p)
			return app + "/users", `{"id":"` + person + `","credentials":{"password":{},"userName":"twin"}}`, true
		},
		"GET /api/v1/apps/{appId}/users/{userId}":    onAnAssignment(""),
		"POST /api/v1/apps/{appId}/users/{userId}":   onAnAssignment(`{"credentials":{"userName":"twin"}}`),
		"DELETE /api/v1/apps/{appId}/users/{userId}": onAnAssignment(""),
	}
}

func onAnAssignment(body string) twin {
	return func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
		app, person := onAPerson(t, org, p)
		return app + "/users/" + person, body, true
	}
}
