package demoorg_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

var instant = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)

// shapeOf writes the members of an object and what they hold: s string, t
// instant, n number, b bool, o object, a array, 0 null; sorted.
func shapeOf(object map[string]any) string {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		members = append(members, name+":"+kindOf(object[name]))
	}
	return strings.Join(members, " ")
}

func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "0"
	case string:
		if instant.MatchString(v) {
			return "t"
		}
		return "s"
	case float64:
		return "n"
	case bool:
		return "b"
	case []any:
		return "a"
	default:
		return "o"
	}
}

const (
	userShape  = "_links:o activated:t created:t credentials:o id:s lastLogin:t lastUpdated:t passwordChanged:t profile:o realmId:s status:s statusChanged:t type:o"
	groupShape = "_links:o created:t id:s lastMembershipUpdated:t lastUpdated:t objectClass:a profile:o type:s"
	roleShape  = "_links:o assignmentType:s created:t id:s label:s lastUpdated:t status:s type:s"
	ruleShape  = "actions:o allGroupsValid:b conditions:o created:t id:s lastUpdated:t name:s status:s type:s"
	appShape   = "_links:o accessibility:o created:t credentials:o features:a id:s label:s lastUpdated:t name:s orn:s settings:o signOnMode:s status:s universalLogout:0 visibility:o"
	linkShape  = "appAssignmentId:s appInstanceId:s appName:s credentialsSetup:b hidden:b id:s label:s linkUrl:s logoUrl:s sortOrder:n"
)

func TestShapes(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	first := func(target string) map[string]any { return must(t, org, 200, "GET", target, "").list(t)[0] }
	one := func(target string) map[string]any { return must(t, org, 200, "GET", target, "").object(t) }
	for _, w := range []struct {
		name, want string
		got        any
	}{
		{"user", userShape, one("/api/v1/users/" + c.LockedOut.ID)},
		{"listed user", userShape, first("/api/v1/users?limit=1")},
		{"member", userShape, first("/api/v1/groups/" + c.Project.ID + "/users")},
		{"staged user", strings.NewReplacer("activated:t", "activated:0", "lastLogin:t", "lastLogin:0",
			"passwordChanged:t", "passwordChanged:0", "statusChanged:t", "statusChanged:0").Replace(userShape), one("/api/v1/users/" + c.Staged.ID)},
		{"credentials", "password:o provider:o", one("/api/v1/users/" + c.LockedOut.ID)["credentials"]},
		{"credentials of nobody who signs in", "provider:o", one("/api/v1/users/" + c.Staged.ID)["credentials"]},
		{"group", groupShape, one("/api/v1/groups/" + c.Project.ID)},
		{"listed group", groupShape, first("/api/v1/groups?limit=1")},
		{"group of a user", groupShape, first("/api/v1/users/" + c.Employee.ID + "/groups")},
		{"group profile", "description:s name:s", one("/api/v1/groups/" + c.Project.ID)["profile"]},
		{"group links", "apps:o logo:a owners:o users:o", one("/api/v1/groups/" + c.Project.ID)["_links"]},
		{"app group", strings.Replace(groupShape, "type:s", "source:o type:s", 1), one("/api/v1/groups/" + c.AppGroup.ID)},
		{"role", roleShape, first("/api/v1/users/" + c.SuperAdmin.ID + "/roles")},
		{"rule", ruleShape, one("/api/v1/groups/rules/" + c.ProjectRule.ID)},
		{"app", appShape, one("/api/v1/apps/" + c.AdminConsole.ID)},
		{"app of a group", appShape, first("/api/v1/groups/" + c.Project.ID + "/apps")},
		{"tile", linkShape, first("/api/v1/users/" + c.Employee.ID + "/appLinks")},
		{"error", "errorCauses:a errorCode:s errorId:s errorLink:s errorSummary:s", must(t, org, 404, "GET", "/api/v1/users/x", "").object(t)},
	} {
		object, _ := w.got.(map[string]any)
		if got := shapeOf(object); got != w.want {
			t.Errorf("%s is shaped\n  %s, want\n  %s", w.name, got, w.want)
		}
	}
}

func TestLinksSayWhatTheStatusAllows(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	login := org.Cast().Employee.Login
	always := []string{"schema", "self", "type"}
	password := "changePassword changeRecoveryQuestion deactivate expirePassword forgotPassword resetFactors resetPassword suspend"
	for status, names := range map[string]string{
		"STAGED": "activate resetFactors", "PROVISIONED": "deactivate reactivate resetFactors resetPassword suspend",
		"ACTIVE": password, "PASSWORD_EXPIRED": password, "SUSPENDED": "deactivate resetFactors unsuspend",
		"LOCKED_OUT": "deactivate resetFactors resetPassword unlock", "DEPROVISIONED": "activate delete resetFactors",
	} {
		if err := org.SetStatus(login, status); err != nil {
			t.Fatal(err)
		}
		links, _ := must(t, org, 200, "GET", "/api/v1/users/"+login, "").object(t)["_links"].(map[string]any)
		want := slices.Sorted(slices.Values(append(strings.Fields(names), always...)))
		if got := slices.Sorted(maps.Keys(links)); !slices.Equal(got, want) {
			t.Errorf("%s links to %v, want %v", status, got, want)
		}
		for name, link := range links {
			if href := fmt.Sprint(at(link, "href")); name != "schema" && name != "type" && !strings.Contains(href, org.Cast().Employee.ID) {
				t.Errorf("%s: link %s leads to %s", status, name, href)
			}
		}
	}
}

func TestIDsLookLikeOktas(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: 2000})
	seen := map[string]bool{}
	for target, prefix := range map[string]string{
		"/api/v1/users?limit=200": "00u", "/api/v1/groups": "00g", "/api/v1/groups/rules": "0pr", "/api/v1/apps?limit=200": "0oa",
	} {
		for _, id := range must(t, org, 200, "GET", target, "").ids(t) {
			if !regexp.MustCompile(`^`+prefix+`[0-9A-Za-z]{17}$`).MatchString(id) || seen[id] {
				t.Errorf("id %q is not like %s… or not unique", id, prefix)
			}
			seen[id] = true
		}
	}
}
