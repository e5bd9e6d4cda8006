package demoorg_test

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// missing is a twin of a recorded 404: the id in the target names nothing. Other
// answers are left to found.
func missing(target string, found twin) twin {
	return func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
		if p.Status == 404 {
			return target, p.Request, !strings.Contains(p.Response, "Resource not found\"}") // a proxy's answer, not Okta's
		}
		return found(t, org, p)
	}
}

// recordedStatus is the status of the first device in a recorded answer.
func recordedStatus(p pair) string {
	_, after, _ := strings.Cut(p.Response, `"status":"`)
	status, _, _ := strings.Cut(after, `"`)
	return status
}

func deviceTwins() map[string]twin {
	device := func(of func(demoorg.Cast) demoorg.Thing, rest string) twin {
		return missing(devicesPath+"/none"+rest, to(func(c demoorg.Cast) string { return devicesPath + "/" + of(c).ID + rest }))
	}
	return map[string]twin{
		"GET /api/v1/devices": func(_ *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			if p.Status == 400 {
				return devicesPath + "?" + p.Query, "", true
			}
			return devicesPath + query("limit", "1", "search", `id eq "`+path.Base(deviceOf(org, recordedStatus(p)))+`"`), "", true
		},
		"GET /api/v1/devices/{deviceId}": missing(devicesPath+"/none", func(_ *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return deviceOf(org, recordedStatus(p)), "", true
		}),
		"GET /api/v1/devices/{deviceId}/users":                 device(func(c demoorg.Cast) demoorg.Thing { return c.Device }, "/users"),
		"POST /api/v1/devices/{deviceId}/lifecycle/activate":   device(func(c demoorg.Cast) demoorg.Thing { return c.CreatedDevice }, "/lifecycle/activate"),
		"POST /api/v1/devices/{deviceId}/lifecycle/deactivate": device(func(c demoorg.Cast) demoorg.Thing { return c.Device }, "/lifecycle/deactivate"),
		"POST /api/v1/devices/{deviceId}/lifecycle/unsuspend":  device(func(c demoorg.Cast) demoorg.Thing { return c.SuspendedDevice }, "/lifecycle/unsuspend"),
		"GET /api/v1/device-assurances":                        to(func(demoorg.Cast) string { return assurancePath }),
		"POST /api/v1/device-assurances": func(_ *testing.T, _ *demoorg.Org, p pair) (string, string, bool) {
			return assurancePath, p.Request, p.Status != 404 // a proxy's answer, not Okta's
		},
		"GET /api/v1/device-assurances/{deviceAssuranceId}":    missing(assurancePath+"/none", anAssurance),
		"PUT /api/v1/device-assurances/{deviceAssuranceId}":    missing(assurancePath+"/none", anAssurance),
		"DELETE /api/v1/device-assurances/{deviceAssuranceId}": missing(assurancePath+"/none", anAssurance),
	}
}

// anAssurance is a device assurance policy with the conditions of the recorded one.
func anAssurance(t *testing.T, org *demoorg.Org, p pair) (target, body string, ok bool) {
	made := p.Response
	if made == "" {
		made = `{"name":"twin","platform":"IOS","jailbreak":false}`
	}
	id := fmt.Sprint(must(t, org, 200, "POST", assurancePath, made).object(t)["id"])
	return assurancePath + "/" + id, p.Request, true
}

func sessionTwins() map[string]twin {
	session := func(rest string) twin {
		return missing(sessionsPath+"none"+rest, to(func(c demoorg.Cast) string { return sessionsPath + c.Session.ID + rest }))
	}
	return map[string]twin{
		"POST /api/v1/sessions":                               to(func(demoorg.Cast) string { return sessionsPath }),
		"GET /api/v1/sessions/{sessionId}":                    session(""),
		"DELETE /api/v1/sessions/{sessionId}":                 session(""),
		"POST /api/v1/sessions/{sessionId}/lifecycle/refresh": session("/lifecycle/refresh"),
		"GET /api/v1/users/{userId}/grants":                   to(func(c demoorg.Cast) string { return "/api/v1/users/" + c.Staged.ID + "/grants" }),
	}
}

func linkedTwins() map[string]twin {
	of := func(rest func(demoorg.Cast) string) twin {
		return to(func(c demoorg.Cast) string { return "/api/v1/users/" + c.Employee.ID + "/linkedObjects/" + rest(c) })
	}
	definition := missing(relationships+"/none", to(func(demoorg.Cast) string { return relationships + "/manager" }))
	return map[string]twin{
		"GET /api/v1/meta/schemas/user/linkedObjects": to(func(demoorg.Cast) string { return relationships }),
		"POST /api/v1/meta/schemas/user/linkedObjects": func(_ *testing.T, _ *demoorg.Org, p pair) (string, string, bool) {
			return relationships, p.Request, p.Request != ""
		},
		"GET /api/v1/meta/schemas/user/linkedObjects/{linkedObjectName}":     definition,
		"DELETE /api/v1/meta/schemas/user/linkedObjects/{linkedObjectName}":  definition,
		"GET /api/v1/users/{userIdOrLogin}/linkedObjects/{relationshipName}": of(func(demoorg.Cast) string { return "manager" }),
		"PUT /api/v1/users/{userIdOrLogin}/linkedObjects/{primaryRelationshipName}/{primaryUserId}": of(func(c demoorg.Cast) string {
			return "manager/" + c.HelpDesk.ID
		}),
		"DELETE /api/v1/users/{userIdOrLogin}/linkedObjects/{relationshipName}": of(func(demoorg.Cast) string { return "manager" }),
	}
}

func iamTwins() map[string]twin {
	role := func(rest string) twin {
		return to(func(c demoorg.Cast) string { return customRoles + "/" + c.CustomRole.ID + rest })
	}
	set := func(rest string) twin {
		return missing(resourceSets+"/none"+rest, to(func(c demoorg.Cast) string { return resourceSets + "/" + c.ResourceSet.ID + rest }))
	}
	return map[string]twin{
		"GET /api/v1/iam/assignees/users":                                     to(func(demoorg.Cast) string { return adminsPath }),
		"GET /api/v1/iam/roles":                                               to(func(demoorg.Cast) string { return customRoles }),
		"POST /api/v1/iam/roles":                                              to(func(demoorg.Cast) string { return customRoles }),
		"GET /api/v1/iam/roles/{roleIdOrLabel}":                               role(""),
		"PUT /api/v1/iam/roles/{roleIdOrLabel}":                               role(""),
		"DELETE /api/v1/iam/roles/{roleIdOrLabel}":                            role(""),
		"GET /api/v1/iam/roles/{roleIdOrLabel}/permissions":                   role("/permissions"),
		"POST /api/v1/iam/roles/{roleIdOrLabel}/permissions/{permissionType}": role("/permissions/okta.apps.read"),
		"GET /api/v1/iam/resource-sets":                                       to(func(demoorg.Cast) string { return resourceSets }),
		"POST /api/v1/iam/resource-sets":                                      to(func(demoorg.Cast) string { return resourceSets }),
		"GET /api/v1/iam/resource-sets/{resourceSetIdOrLabel}":                set(""),
		"DELETE /api/v1/iam/resource-sets/{resourceSetIdOrLabel}":             set(""),
		"GET /api/v1/iam/resource-sets/{resourceSetIdOrLabel}/bindings":       set("/bindings"),
	}
}
