package orgtest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
)

// Planted is an object of the org that bears a text.
type Planted struct {
	Type   string // our word for it: "network zone"
	ID     string
	Path   string // where the API reads it
	Member string // where the text is in its document
}

// planting is how one sort of object is made: %s stands for the text as JSON, %d
// for a number that is used once.
type planting struct{ sort, path, body, member string }

func plantings(group string) []planting {
	return []planting{
		{"user", "/api/v1/users?activate=false", `{"profile":{"login":"insider%[2]d@acme.example","email":"insider%[2]d@acme.example","firstName":"A","lastName":"B","nickName":%[1]s}}`, "profile.nickName"},
		{"group", "/api/v1/groups", `{"profile":{"name":%[1]s,"description":%[1]s}}`, "profile.name"},
		{"application", "/api/v1/apps", `{"name":"bookmark","label":%[1]s,"signOnMode":"BOOKMARK","settings":{"app":{"url":"https://a%[2]d.example/"}}}`, "label"},
		{"group rule", "/api/v1/groups/rules", `{"type":"group_rule","name":%[1]s,"conditions":{"expression":{"value":"user.city==\"Oslo\"","type":"urn:okta:expression:1.0"}},"actions":{"assignUserToGroups":{"groupIds":["` + group + `"]}}}`, "name"},
		{"network zone", "/api/v1/zones", `{"type":"IP","name":%[1]s,"gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}`, "name"},
		{"event hook", "/api/v1/eventHooks", `{"name":%[1]s,"events":{"type":"EVENT_TYPE","items":["user.lifecycle.create"]},"channel":{"type":"HTTP","version":"1.0.0","config":{"uri":"https://a%[2]d.example/"}}}`, "name"},
		{"policy", "/api/v1/policies", `{"type":"OKTA_SIGN_ON","name":%[1]s,"description":%[1]s,"conditions":{"people":{"groups":{"include":["` + group + `"]}}}}`, "name"},
	}
}

// Plant makes objects of the text's name through the org's own API, as an insider
// would, and returns those that the org took. Each call needs a number of its own.
func Plant(org *demoorg.Org, number int, text string) []Planted {
	var all []Planted
	for _, p := range plantings(org.Cast().Project.ID) {
		request := httptest.NewRequestWithContext(context.Background(), http.MethodPost, p.path, strings.NewReader(fmt.Sprintf(p.body, Raw(text), number)))
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		org.Admin().ServeHTTP(answer, request)
		id := gjson.GetBytes(answer.Body.Bytes(), "id").String()
		if answer.Code/100 == 2 && id != "" {
			path, _, _ := strings.Cut(p.path, "?")
			all = append(all, Planted{Type: p.sort, ID: id, Path: path + "/" + id, Member: p.member})
		}
	}
	return all
}
