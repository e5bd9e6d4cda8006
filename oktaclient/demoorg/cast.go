package demoorg

// Person is somebody in the cast.
type Person struct{ ID, Login string }

// Thing is a group, rule or app in the cast.
type Thing struct{ ID, Name string }

// Cast names the characters that every org has at any size, so that a demo, a
// test or a page of documentation can count on them.
type Cast struct {
	LockedOut     Person // locked out after too many attempts
	SuperAdmin    Person // holds SUPER_ADMIN directly
	HelpDesk      Person // HELP_DESK_ADMIN through the group HelpDeskGroup
	Suspended     Person
	Deprovisioned Person
	Staged        Person
	Contractor    Person // in Contractors, and so in ContractorAccess by a chain of rules
	Employee      Person // nothing special: ACTIVE, in a department, no role

	Everyone         Thing // BUILT_IN
	AdminGroup       Thing // holds SUPER_ADMIN
	HelpDeskGroup    Thing // holds HELP_DESK_ADMIN
	Project          Thing // a small group with members, an app and a rule; made to be deleted
	Contractors      Thing
	ContractorAccess Thing // fed by a rule on membership of Contractors
	AppGroup         Thing // APP_GROUP, mastered by a directory
	Department       Thing // OKTA_GROUP fed by DepartmentRule

	DepartmentRule Thing
	ProjectRule    Thing // adds its people to Project
	ProjectApp     Thing // opened by Project
	AdminConsole   Thing // Okta's own app, name "saasure"
	ServiceApp     Thing // the app Credentials() belong to
}
