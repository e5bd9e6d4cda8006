package demoorg

type groupDoc struct {
	ID             string         `json:"id"`
	Created        stamp          `json:"created"`
	Updated        stamp          `json:"lastUpdated"`
	MembersUpdated stamp          `json:"lastMembershipUpdated"`
	ObjectClass    []string       `json:"objectClass"`
	Type           string         `json:"type"`
	Profile        any            `json:"profile"`
	Source         *idDoc         `json:"source,omitempty"`
	Embedded       map[string]any `json:"_embedded,omitempty"`
	Links          groupLinks     `json:"_links"`
}

type groupProfile struct {
	Name        string  `json:"name"`
	Description *string `json:"description"`
	OwningTeam  string  `json:"owningTeam,omitempty"`
}

// directoryProfile is the profile of a group that a directory masters.
type directoryProfile struct {
	Name          string  `json:"name"`
	Description   *string `json:"description"`
	AccountName   string  `json:"samAccountName"`
	QualifiedName string  `json:"windowsDomainQualifiedName"`
	DN            string  `json:"dn"`
	ExternalID    string  `json:"externalId"`
}

type groupLinks struct {
	Logo   []logo `json:"logo"`
	Owners link   `json:"owners"`
	Users  link   `json:"users"`
	Apps   link   `json:"apps"`
	Source *link  `json:"source,omitempty"`
}

type logo struct {
	Name string `json:"name"`
	Href string `json:"href"`
	Type string `json:"type"`
}

// groupDoc is a group as the API shows it.
func (o *Org) groupDoc(g *group, s *groupState, base string) groupDoc {
	self := base + "/api/v1/groups/" + g.id
	doc := groupDoc{
		ID: g.id, Created: s.created, Updated: s.updated, MembersUpdated: g.membersUpdated,
		ObjectClass: []string{"okta:user_group"}, Type: g.kind, Profile: s.profile(),
		Links: groupLinks{
			Logo: []logo{
				{"medium", base + "/assets/img/logos/groups/odyssey/okta-medium.png", "image/png"},
				{"large", base + "/assets/img/logos/groups/odyssey/okta-large.png", "image/png"},
			},
			Owners: link{Href: self + "/owners"}, Users: link{Href: self + "/users"}, Apps: link{Href: self + "/apps"},
		},
	}
	if g.source != nil {
		doc.ObjectClass = []string{"okta:windows_security_principal"}
		doc.Source = &idDoc{g.source.id}
		doc.Links.Source = &link{Href: base + "/api/v1/apps/" + g.source.id}
		doc.Profile = directoryProfile{
			Name: s.name, Description: s.profile().Description, AccountName: s.name,
			QualifiedName: `ACME\` + s.name, DN: "CN=" + s.name + ",OU=Groups,DC=acme,DC=example", ExternalID: g.id,
		}
	}
	return doc
}

func (s *groupState) profile() groupProfile {
	p := groupProfile{Name: s.name, OwningTeam: s.owningTeam}
	if !s.noDescription {
		p.Description = &s.description
	}
	return p
}
