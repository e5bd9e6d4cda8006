package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	appsRead   = "okta.apps.read"
	appsManage = "okta.apps.manage"
)

// applicationItems is how an application appears in a list.
func applicationItems() view {
	return view{without: []string{"orn", "accessibility", "visibility", "credentials", "settings", "universalLogout"}}
}

func applicationTools() []Any {
	return []Any{listApplications(), getApplication(), createApplication(), updateApplication(),
		activateApplication(), deactivateApplication(), deleteApplication()}
}

type appRef struct {
	AppID string `json:"app_id" jsonschema:"id or exact label"`
}

func (in appRef) identify() (kind, string) { return applicationKind(), in.AppID }

type listApplicationsIn struct {
	Q      string `json:"q,omitempty" jsonschema:"start of label or name"`
	Status string `json:"status,omitempty" enum:"ACTIVE INACTIVE" jsonschema:"joins filter"`
	Filter string `json:"filter,omitempty" jsonschema:"eq on id, name, user.id, group.id"`
	Paging
}

func listApplications() Any {
	return Tool[listApplicationsIn, List]{
		Name: "list_applications", Title: "List applications", Effect: Read, Scopes: []string{appsRead},
		Description: "The org's applications; get_application shows settings.",
		Run: func(ctx context.Context, c *Call, in listApplicationsIn) (List, error) {
			return listing{paging: in.Paging, view: applicationItems(), key: []string{"applications"}, query: in.query(), fetch: c.Org.ListApplications}.run(ctx, c)
		},
	}
}

func (in listApplicationsIn) query() oktaclient.Query {
	filter := in.Filter
	if in.Status != "" {
		filter = "status eq " + scimString(in.Status)
		if in.Filter != "" {
			filter = "(" + in.Filter + ") and " + filter
		}
	}
	query := url.Values{}
	setIf(query, "q", in.Q)
	setIf(query, "filter", filter)
	return query
}

type getApplicationIn struct {
	appRef
	Shown
}

func getApplication() Any {
	return Tool[getApplicationIn, Document]{
		Name: "get_application", Title: "Get application", Effect: Read, Scopes: []string{appsRead},
		Description: "One application: status, sign-on mode, settings.",
		Run:         getObject[getApplicationIn],
	}
}

type createApplicationIn struct {
	Application json.RawMessage `json:"application" jsonschema:"as in Okta: label, signOnMode, settings"`
	Activate    bool            `json:"activate,omitempty" jsonschema:"default false"`
}

func createApplication() Any {
	return creation[createApplicationIn]{
		action: "Create this application", param: "application", undo: "delete_application", also: map[string]any{"deactivate_first": true},
		kind: func(createApplicationIn) kind { return applicationKind() },
		body: func(in createApplicationIn) (json.RawMessage, error) {
			return brandNew("application", in.Application)
		},
		check: func(_ context.Context, c *Call, p *confirm.Preview, in createApplicationIn, body json.RawMessage) error {
			follows := "It is created INACTIVE and opens nothing until it is activated."
			if in.Activate {
				follows = "It is created ACTIVE: whoever is assigned to it can use it at once."
			}
			p.Consequence = append(p.Consequence, follows)
			if opensToAll(body) {
				p.Consequence = append(p.Consequence, implicitly)
			}
			if worksAlone(body) {
				p.Consequence = append(p.Consequence, "The application "+alone+".")
			}
			return c.refuseNewSecret(nil, body)
		},
		post: func(ctx context.Context, c *Call, in createApplicationIn, body json.RawMessage) (*oktaclient.Answer, error) {
			return c.Org.CreateApplication(ctx, url.Values{"activate": {strconv.FormatBool(in.Activate)}}, body)
		},
	}.tool(Tool[createApplicationIn, Change]{
		Name: "create_application", Title: "Create application", Effect: Privileged, Scopes: []string{appsManage},
		Description: "Creates an application, INACTIVE unless activate is given.",
	})
}

// clientSecret is where Okta's document of an OpenID Connect app has its secret.
const clientSecret = "credentials.oauthClient.client_secret"

const otherThanSecret = "give credentials.oauthClient.token_endpoint_auth_method: private_key_jwt, with public keys in settings.oauthClient.jwks, or none, for a client that can keep no secret"

// hasClientSecret reports whether Okta keeps a client secret for such an app: it
// does unless another way of authenticating is named.
func hasClientSecret(app json.RawMessage) bool {
	doc := gjson.ParseBytes(app)
	if !strings.EqualFold(doc.Get("signOnMode").String(), "OPENID_CONNECT") && doc.Get("name").String() != "oidc_client" && !doc.Get("settings.oauthClient").Exists() {
		return false
	}
	method := strings.ToLower(doc.Get("credentials.oauthClient.token_endpoint_auth_method").String())
	return method == "" || strings.HasPrefix(method, "client_secret")
}

// refuseNewSecret refuses a document for which Okta would make a client secret,
// and answer it.
func (c *Call) refuseNewSecret(before, after json.RawMessage) error {
	if c.Options.AllowSecrets || !hasClientSecret(after) || len(before) > 0 && hasClientSecret(before) {
		return nil
	}
	return &Refused{
		Reason: "Okta would make a client secret and answer it, and the operator has not started the server with --allow-secrets",
		Next:   otherThanSecret,
	}
}

type updateApplicationIn struct {
	appRef
	Application json.RawMessage `json:"application" jsonschema:"only what changes; lists whole"`
}

func updateApplication() Any {
	return edit[updateApplicationIn]{
		action: "Change this application", param: "application",
		part: func(in updateApplicationIn) (json.RawMessage, error) {
			if gjson.GetBytes(in.Application, "status").Exists() {
				return nil, &Refused{Reason: "an update does not change status", Next: "use activate_application or deactivate_application"}
			}
			return needObject("application", in.Application)
		},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ updateApplicationIn, app object, d draft) error {
			if err := c.refuseNewSecret(d.before, d.after); err != nil {
				return err
			}
			weighTrust(p, d)
			c.showAssigned(ctx, p, app)
			return c.weighApplication(p, app)
		},
		put: func(ctx context.Context, c *Call, _ updateApplicationIn, o confirm.Target, d draft) (*oktaclient.Answer, error) {
			answer, err := c.Org.ReplaceApplication(ctx, o.ID, d.after)
			if err == nil && hasClientSecret(d.before) && !gjson.GetBytes(d.before, clientSecret).Exists() {
				// Okta shows the secret there was: no part of what changed, nor of the way back.
				answer.Body = without(gjson.ParseBytes(answer.Body), clientSecret)
			}
			return answer, err
		},
	}.tool(Tool[updateApplicationIn, Change]{
		Name: "update_application", Title: "Update application", Effect: Destructive, Scopes: []string{appsManage},
		Description: "Changes only the given members of an application.",
	})
}

func activateApplication() Any {
	return step[appRef]{
		action: "Activate this application", from: []string{"INACTIVE"}, to: "ACTIVE",
		follows: []string{"Whoever is assigned to it can use it at once."},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ appRef, app object) error {
			if why := c.showAssigned(ctx, p, app); why != "" {
				raise(p, why)
			}
			if worksAlone(app.raw) {
				raise(p, "it "+alone)
			}
			return c.weighApplication(p, app)
		},
		do: onID[appRef]((*oktaclient.Org).ActivateApplication), undo: "deactivate_application",
	}.tool(Tool[appRef, Change]{
		Name: "activate_application", Title: "Activate application", Effect: Write, Scopes: []string{appsManage},
		Description: "Makes an application usable. Asks when anyone is assigned.",
	})
}

func deactivateApplication() Any {
	return step[appRef]{
		action: "Deactivate this application", from: []string{"ACTIVE"}, to: "INACTIVE",
		follows: []string{"Nobody can use it until it is activated again; settings and assignments stay."},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ appRef, app object) error {
			c.showAssigned(ctx, p, app)
			return c.weighApplication(p, app)
		},
		do: onID[appRef]((*oktaclient.Org).DeactivateApplication), undo: "activate_application",
	}.tool(Tool[appRef, Change]{
		Name: "deactivate_application", Title: "Deactivate application", Effect: Destructive, Scopes: []string{appsManage},
		Description: "Blocks an application for everybody; assignments stay.",
	})
}

type deleteApplicationIn struct {
	appRef
	DeactivateFirst bool `json:"deactivate_first,omitempty" jsonschema:"deactivate, then delete"`
}

func deleteApplication() Any {
	return step[deleteApplicationIn]{
		action: "Delete this application for good", typed: true,
		follows: []string{"Its settings, keys and everybody's assignments are gone; this cannot be undone."},
		check:   checkDeleteApplication,
		do: func(ctx context.Context, c *Call, _ deleteApplicationIn, o confirm.Target) (*oktaclient.Answer, error) {
			if !isActive(c.draft.before) {
				return c.Org.DeleteApplication(ctx, o.ID)
			}
			if _, err := c.Org.DeactivateApplication(ctx, o.ID); err != nil {
				return nil, fmt.Errorf("deactivating, before deleting: %w", err)
			}
			answer, err := c.Org.DeleteApplication(ctx, o.ID)
			if err != nil {
				err = fmt.Errorf("the application is deactivated but deleting failed: %w", err)
			}
			return answer, err
		},
	}.tool(Tool[deleteApplicationIn, Change]{
		Name: "delete_application", Title: "Delete application", Effect: Destructive, Scopes: []string{appsManage},
		Description: "Deletes an INACTIVE application for good; deactivate_application keeps it.",
	})
}

func checkDeleteApplication(ctx context.Context, c *Call, p *confirm.Preview, in deleteApplicationIn, app object) error {
	c.draft.before = app.raw
	if isActive(app.raw) {
		if !in.DeactivateFirst {
			return &Refused{Reason: app.called() + " is ACTIVE, and Okta deletes INACTIVE applications only",
				Next: "call deactivate_application first, or delete_application with deactivate_first: true to do both"}
		}
		p.Consequence = append(p.Consequence, "It is ACTIVE and is deactivated first.")
	}
	c.showAssigned(ctx, p, app)
	return c.weighApplication(p, app)
}

func isActive(app json.RawMessage) bool { return gjson.GetBytes(app, "status").String() == "ACTIVE" }
