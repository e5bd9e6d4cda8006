package demoorg

import "fmt"

// Names of groups the story counts on.
const (
	projectName     = "Project Nightingale"
	contractorsName = "Contractors"
	accessName      = "Contractor Access"
	adminsName      = "Okta Administrators"
	helpDeskName    = "Help Desk"
	domainUsersName = "Domain Users"
)

// peopleATeam is how many people there are to one team group.
const peopleATeam = 100

// seedGroups makes the groups, empty.
func (s *seeder) seedGroups() {
	s.groups.everyone = s.addGroup(builtIn, "Everyone", "All users in your organization")
	s.cast.Everyone = s.groups.everyone.thing()
	s.addGroup(builtIn, "Okta Service Accounts", "")
	s.cast.AdminGroup = s.addGroup(oktaGroup, adminsName, "Super administrators of this org").thing()
	s.cast.HelpDeskGroup = s.addGroup(oktaGroup, helpDeskName, "Resets passwords and unlocks accounts").thing()
	s.cast.Project = s.addGroup(oktaGroup, projectName, "A pilot that ends this quarter").thing()
	s.cast.Contractors = s.addGroup(oktaGroup, contractorsName, "Everybody who is not on the payroll").thing()
	s.cast.ContractorAccess = s.addGroup(oktaGroup, accessName, "What every contractor may use").thing()
	for _, d := range s.staff {
		s.addGroup(oktaGroup, d.name, "Department "+d.name).live.owningTeam = "People Operations"
	}
	s.cast.Department = s.things["Engineering"].thing()
	for _, office := range s.offices {
		s.addGroup(oktaGroup, "Office "+office.city, "People at the "+office.city+" office")
	}
	for _, name := range []string{domainUsersName, "VPN Users", "File Share Readers"} {
		s.addGroup(appGroup, name, "acme.example/Groups/"+name).source = s.tools["active_directory"]
	}
	s.cast.AppGroup = s.things[domainUsersName].thing()
	birds := teamNames()
	for i := range s.size / peopleATeam {
		s.addGroup(oktaGroup, fmt.Sprintf("Team %s %d", birds[i%len(birds)], i/len(birds)+1), "")
	}
}

func (g *group) thing() Thing { return Thing{g.id, g.live.name} }

func (s *seeder) addGroup(kind, name, description string) *group {
	made := s.ago(1800, 400)
	g := &group{
		id: s.mint("00g"), kind: kind, membersUpdated: made,
		live: groupState{created: made, updated: made, name: name, description: description, noDescription: description == ""},
	}
	s.groups.add(g)
	s.things[name] = g
	return g
}

// put adds a user to a group by hand, a while ago.
func (s *seeder) put(g *group, u *user) {
	g.join(u, nil, max(g.membersUpdated, min(u.live.created, stampOf(s.start))))
}

// byRule are the departments whose group is fed by a rule.
func byRule(department string) bool {
	switch department {
	case "Engineering", "Sales", "Customer Support", "Finance":
		return true
	}
	return false
}

// seedMemberships puts people into groups by hand.
func (s *seeder) seedMemberships() {
	teams := s.groups.all[len(s.groups.all)-s.size/peopleATeam:] // seeded last
	for i, u := range s.directory.users {
		s.put(s.groups.everyone, u)
		if name := u.live.profile.text("department"); !byRule(name) {
			s.put(s.things[name], u)
		}
		s.put(s.things["Office "+u.live.profile.text("city")], u)
		if u.live.status != staged && i%5 != 4 {
			s.put(s.things[domainUsersName], u)
		}
		if i%7 == 3 {
			s.put(s.things["VPN Users"], u)
		}
		if len(teams) > 0 && s.rand.IntN(3) > 0 {
			s.put(teams[s.rand.IntN(len(teams))], u)
		}
	}
	for name, people := range map[string][]Person{
		adminsName:   {s.cast.SuperAdmin},
		helpDeskName: {s.cast.HelpDesk},
		projectName:  {s.cast.Contractor, s.cast.SuperAdmin},
	} {
		for _, p := range people {
			s.put(s.things[name], s.directory.byID[p.ID])
		}
	}
	s.put(s.things[projectName], s.directory.users[len(s.directory.users)-1])
	s.own(s.things[contractorsName], s.cast.HelpDesk)
}

// own makes a person an owner of a group since it was made.
func (s *seeder) own(g *group, p Person) {
	if w, err := s.ownerNamed(p.ID, "USER"); err == nil {
		w.since = g.live.created
		g.owners = append(g.owners, w)
	}
}

// seedRules makes the rules and lets the active ones work.
func (s *seeder) seedRules() {
	for _, d := range s.staff {
		if byRule(d.name) {
			r := s.addRule("Department: "+d.name, ruleActive, `user.department=="`+d.name+`"`, d.name)
			if d.name == "Engineering" {
				s.cast.DepartmentRule = Thing{r.id, r.name}
			}
		}
	}
	s.addRule("Contractors", ruleActive, `user.userType=="Contractor" || user.userType=="Intern"`, contractorsName)
	s.addRule("Contractor access", ruleActive, `isMemberOfAnyGroup("`+s.things[contractorsName].id+`")`, accessName)
	r := s.addRule(projectName, ruleActive, `String.startsWith(user.costCenter, "NGT-")`, projectName)
	s.cast.ProjectRule = Thing{r.id, r.name}
	r = s.addRule("Berlin VPN (draft)", ruleInactive, `user.city=="Berlin" && user.userType!="Contractor"`, "Office Berlin")
	s.cast.DraftRule = Thing{r.id, r.name}
	at := stampOf(s.start)
	for _, u := range s.directory.users {
		s.applyRulesAt(u, at-stamp(s.rand.IntN(86400*30)))
	}
}

func (s *seeder) addRule(name, status, text string, into string) *rule {
	g := s.things[into]
	made := max(g.live.created, s.ago(390, 30))
	matches, err := compile(text)
	if err != nil {
		matches = nobody // unreachable for the texts above; a rule that matches nobody shows in tests
	}
	r := &rule{
		id: s.mint("0pr"), name: name, status: status, created: made, updated: made, text: text, matches: matches,
		groupIDs: []string{g.id}, groups: []*group{g}, isExcluded: map[string]bool{},
	}
	s.rules = append(s.rules, r)
	return r
}

// seedRoles gives admin roles to people and groups.
func (s *seeder) seedRoles() {
	s.grantRole(s.cast.SuperAdmin.ID, "SUPER_ADMIN", "ra1", s.ago(390, 200))
	s.grantRole(s.cast.AdminGroup.ID, "SUPER_ADMIN", "gra", s.ago(390, 200))
	s.grantRole(s.cast.HelpDeskGroup.ID, "HELP_DESK_ADMIN", "gra", s.ago(390, 200))
}
