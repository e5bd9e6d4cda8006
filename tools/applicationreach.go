package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

func applicationKind() kind {
	return kind{word: "application", name: "label", param: "app_id", finder: "list_applications", get: findApplication}
}

// application reads an application by id or exact label; several of that label
// are refused with the candidates.
func (c *Call) application(ctx context.Context, ref string) (object, error) {
	return c.object(ctx, applicationKind(), ref)
}

// findApplication is the get of an application, which its label names too.
func findApplication(ctx context.Context, org *oktaclient.Org, ref string) (*oktaclient.Answer, error) {
	if err := oktaclient.CheckID("application", ref); err != nil {
		return nil, &ArgumentError{Problem: err.Error()}
	}
	if looksLikeID(ref, "0oa") {
		return org.GetApplication(ctx, ref, nil)
	}
	named, err := applicationsNamed(ctx, org, ref)
	if err != nil {
		return nil, err
	}
	if len(named) > 1 {
		return nil, severalNamed("applications", ref, applicationCandidates(named))
	}
	if len(named) == 1 { // read again: what a search finds lags behind
		answer, err := org.GetApplication(ctx, named[0].Get("id").String(), nil)
		if err != nil && !notFound(err) {
			return nil, err
		}
		if err == nil && gjson.GetBytes(answer.Body, "label").String() == ref {
			return answer, nil
		}
	}
	return nil, &Refused{Reason: "no application has the id or exact label " + confirm.Quote(ref), Next: "list_applications with q finds applications by the start of their label"}
}

// applicationsNamed finds applications by exact label: Okta finds them by its start.
func applicationsNamed(ctx context.Context, org *oktaclient.Org, label string) ([]gjson.Result, error) {
	begun, goesOn, err := pages(ctx, maxPages, url.Values{"q": {label}, "limit": {"200"}}, org.ListApplications)
	if err != nil {
		return nil, err
	}
	if goesOn {
		return nil, &Refused{Reason: "more labels begin with " + confirm.Quote(label) + " than are read here", Next: "give the application's id"}
	}
	var named []gjson.Result
	for _, item := range begun {
		if app := gjson.ParseBytes(item); app.Get("label").String() == label {
			named = append(named, app)
		}
	}
	return named, nil
}

func applicationCandidates(apps []gjson.Result) []string {
	list := make([]string, len(apps))
	for i, app := range apps {
		list[i] = fmt.Sprintf("%s (%s, %s)", app.Get("id"), app.Get("status"), confirm.Quote(app.Get("signOnMode").String()))
	}
	return list
}

// weighApplication notes in p what a change of this application, or of who may
// use it, weighs: the Admin Console makes administrators. It refuses the server's
// own, whose client id can differ from the application's.
func (c *Call) weighApplication(p *confirm.Preview, app object) error {
	if gjson.GetBytes(app.raw, "name").String() == adminConsole {
		protect(p, "it is the Okta Admin Console")
	}
	if why := c.protects(app.target()); why != "" {
		protect(p, why)
	}
	return c.own(gjson.GetBytes(app.raw, "credentials.oauthClient.client_id").String())
}

// The largest pages of who is assigned to an application.
const (
	appUsersPage  = 500
	appGroupsPage = 200
)

// showAssigned adds to p how many people and groups the application concerns, by
// path. It returns why it weighs to open the application, "" where nobody can use it.
func (c *Call) showAssigned(ctx context.Context, p *confirm.Preview, app object) (weighs string) {
	const unseen, reached = "it is not visible who is assigned to it", "people or groups are assigned to it"
	weighs = unseen
	c.measure(ctx, p, measurement{
		unseen: "Who is assigned to it is not visible", size: appUsersPage,
		fetch: func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
			return c.Org.ListApplicationUsers(ctx, app.id, q)
		},
		tell: func(people []json.RawMessage, n atLeast) {
			weighs = ""
			if len(people) > 0 {
				weighs = reached
			}
			p.Consequence = append(p.Consequence, assignedSentence(people, n))
		},
	})
	hidden := c.informative(ctx, func(ctx context.Context) error {
		groups, n, err := c.groupsOf(ctx, app.id)
		if err != nil {
			return err
		}
		p.Consequence = append(p.Consequence, n.of("group is", "groups are")+" assigned to it.")
		if len(groups) > 0 {
			weighs = firstNonEmpty(weighs, reached)
			p.Details = append(p.Details, detail("groups assigned", groupNames(groups)))
		}
		return nil
	})
	if hidden != "" {
		weighs = firstNonEmpty(weighs, unseen)
		p.Consequence = append(p.Consequence, "Which groups are assigned to it is not visible: "+hidden+".")
	}
	if opensToAll(app.raw) {
		p.Consequence = append(p.Consequence, implicitly)
		weighs = firstNonEmpty(weighs, "it opens to everybody in the org")
	}
	return weighs
}

// assignedSentence says how many people are assigned, and by which path.
func assignedSentence(people []json.RawMessage, n atLeast) string {
	if len(people) == 0 {
		return "Nobody is assigned to it."
	}
	direct := 0
	for _, person := range people {
		if assignedDirectly(person) {
			direct++
		}
	}
	paths := fmt.Sprintf("%s directly and %s through groups.", atLeast{n: direct}, atLeast{n: len(people) - direct})
	if n.more {
		return fmt.Sprintf("%s people are assigned to it; of the first %s, %s", n, atLeast{n: len(people)}, paths)
	}
	return n.of("person is", "people are") + " assigned to it: " + paths
}

func assignedDirectly(assignment json.RawMessage) bool {
	return gjson.GetBytes(assignment, "scope").String() == "USER"
}

// groupsOf reads a page of the groups assigned to an application, with their names.
func (c *Call) groupsOf(ctx context.Context, appID string) ([]json.RawMessage, atLeast, error) {
	query := limitOf(appGroupsPage)
	query.Set("expand", "group")
	return page(c.Org.ListApplicationGroupAssignments(ctx, appID, query))
}

func groupNames(assignments []json.RawMessage) []string {
	all := make([]string, len(assignments))
	for i, assignment := range assignments {
		all[i] = firstNonEmpty(gjson.GetBytes(assignment, "_embedded.group.profile.name").String(), gjson.GetBytes(assignment, "id").String())
	}
	return all
}
