package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"okta-mcp/oktaclient"
)

// read is a harmless read that a family of scopes allows.
type read struct {
	family string // okta.users of okta.users.read
	try    func(*oktaclient.Org, context.Context, oktaclient.Query) (*oktaclient.Answer, error)
}

// reads lists one for each family that has a read without an id. Each is asked for
// one item; what takes no limit has few.
func reads() []read {
	type org = oktaclient.Org
	type query = oktaclient.Query
	type answer = oktaclient.Answer
	whole := func(list func(*org, context.Context) (*answer, error)) func(*org, context.Context, query) (*answer, error) {
		return func(o *org, ctx context.Context, _ query) (*answer, error) { return list(o, ctx) }
	}
	return []read{
		{"okta.aiAgents", (*org).ListAIAgents},
		{"okta.apps", (*org).ListApplications},
		{"okta.authenticators", whole((*org).ListAuthenticators)},
		{"okta.deviceAssurance", whole((*org).ListDeviceAssurancePolicies)},
		{"okta.devices", (*org).ListDevices},
		{"okta.eventHooks", whole((*org).ListEventHooks)},
		{"okta.groups", (*org).ListGroups},
		{"okta.linkedObjects", whole((*org).ListLinkedObjectDefinitions)},
		{"okta.logs", (*org).ListLogEvents},
		{"okta.networkZones", (*org).ListNetworkZones},
		{"okta.policies", func(o *org, ctx context.Context, q query) (*answer, error) {
			q.Set("type", "OKTA_SIGN_ON")
			return o.ListPolicies(ctx, q)
		}},
		{"okta.resourceServers.mcpServers", (*org).ListMCPServers},
		{"okta.roles", (*org).ListUsersWithRoleAssignments},
		{"okta.schemas", func(o *org, ctx context.Context, _ query) (*answer, error) { return o.GetUserSchema(ctx, "default") }},
		{"okta.userTypes", whole((*org).ListUserTypes)},
		{"okta.users", (*org).ListUsers},
	}
}

// outcome is how a read can end, as people are told it.
type outcome string

const (
	works     outcome = "reading works for"
	noRole    outcome = "the admin role is too narrow to read"
	noScope   outcome = "Okta finds no scope in the token to read"
	noToken   outcome = "Okta does not take its own token to read"
	noFeature outcome = "the org does not have"
	limited   outcome = "the rate limit is used up for"
	failed    outcome = "trying failed for"
	untried   outcome = "not tried, for lack of a harmless read:"
)

func outcomes() []outcome {
	return []outcome{noRole, noScope, noToken, limited, failed, noFeature, works, untried}
}

// role tries a read for each family granted: a scope says what the app may ask
// for, and the admin role what it gets.
func (e *exam) role(ctx context.Context) Finding {
	ended := map[outcome][]string{}
	for _, family := range families(e.id.signer.State().Granted) {
		how := untried
		if at := slices.IndexFunc(reads(), func(r read) bool { return r.family == family }); at >= 0 {
			how = e.tryRead(ctx, reads()[at])
		}
		ended[how] = append(ended[how], strings.TrimPrefix(family, "okta."))
	}
	if len(ended) == 0 {
		return ok("nothing is granted that could be read")
	}
	var saw []string
	for _, how := range outcomes() {
		if len(ended[how]) > 0 {
			saw = append(saw, fmt.Sprintf("%s %s", how, strings.Join(ended[how], ", ")))
		}
	}
	return e.judgeReads(ended, strings.Join(saw, "; "))
}

// readWithin bounds one read. It does not last until a rate limit is lifted.
const readWithin = 10 * time.Second

func (e *exam) tryRead(ctx context.Context, r read) outcome {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	_, err := r.try(e.org, ctx, oktaclient.Query{"limit": {"1"}})
	return outcomeOf(err)
}

func families(granted []string) []string {
	var all []string
	for _, scope := range granted {
		all = append(all, strings.TrimSuffix(strings.TrimSuffix(scope, ".read"), ".manage"))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// outcomeOf tells apart why Okta refused a read.
func outcomeOf(err error) outcome {
	var refused *oktaclient.Error
	switch {
	case err == nil:
		return works
	case !errors.As(err, &refused):
		return failed
	case refused.Code == "E0000006":
		return noRole
	case refused.Code == "E0000015", refused.Status == http.StatusNotFound:
		return noFeature
	case refused.Code == "insufficient_scope", refused.Status == http.StatusForbidden && refused.Code == "" && refused.Summary == "forbidden":
		return noScope // Okta says it in a header, and leaves the body empty
	case refused.Status == http.StatusUnauthorized:
		return noToken
	case refused.Status == http.StatusTooManyRequests:
		return limited
	}
	return failed
}

// judgeReads is the finding for reads that ended so.
func (e *exam) judgeReads(ended map[outcome][]string, saw string) Finding {
	holder, place := "the app", "in the Admin Console under Applications > the app > Admin roles"
	if e.method.person {
		holder, place = "the person", "in the Admin Console under Security > Administrators"
	}
	switch {
	case len(ended[noRole]) > 0:
		return mend(fmt.Sprintf("give %s an admin role that allows it, %s", holder, place), "%s", saw)
	case len(ended[noScope]) > 0:
		return mend("a super administrator grants them in the Admin Console under Applications > the app > Okta API Scopes", "%s", saw)
	case len(ended[noToken]) > 0:
		return mend("a proxy may be dropping the Authorization or DPoP header; if none does, look under Reports > System Log", "%s", saw)
	case len(ended[limited]) > 0:
		return warn("wait a minute; Reports > Rate Limits in the Admin Console shows what else uses them", "%s", saw)
	case len(ended[failed]) > 0:
		return warn("try again; see https://status.okta.com", "%s", saw)
	case len(ended[noFeature]) > 0:
		return warn("leave out the tools for them with --exclude-tools, or have the features turned on by Okta", "%s", saw)
	}
	return ok("%s", saw)
}

// leastHeadroom is the part of a rate limit below which there is little left.
const leastHeadroom = 0.2

// headroom tells what Okta said about its rate limits in answers so far.
func (e *exam) headroom(context.Context) Finding {
	var low []string
	all := e.org.Headroom()
	for _, h := range all {
		if float64(h.Remaining) < leastHeadroom*float64(h.Limit) {
			low = append(low, fmt.Sprintf("%s has %d of %d left until %s", h.Family, h.Remaining, h.Limit, h.Reset.UTC().Format(time.RFC3339)))
		}
	}
	switch {
	case len(all) == 0:
		return ok("Okta told of no rate limit")
	case len(low) > 0:
		return warn("Reports > Rate Limits in the Admin Console shows what uses them; the app's share is under Applications > the app > Application rate limits", "%s", strings.Join(low, "; "))
	}
	return ok("every rate limit that was met has over %.0f %% left", 100*leastHeadroom)
}
