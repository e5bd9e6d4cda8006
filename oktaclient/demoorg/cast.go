package demoorg

// Person is somebody in the cast.
type Person struct{ ID, Login string }

// Thing is a group, rule, app or other object in the cast.
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
	Provisioned   Person // activated by mail, has set no password yet
	Contractor    Person // in Contractors, and so in ContractorAccess by a chain of rules
	Employee      Person // nothing special: ACTIVE, in a department, no role

	Everyone         Thing // BUILT_IN
	AdminGroup       Thing // holds SUPER_ADMIN
	HelpDeskGroup    Thing // holds HELP_DESK_ADMIN
	Project          Thing // a small group with members, an app and a rule; made to be deleted
	Contractors      Thing // owned by HelpDesk
	ContractorAccess Thing // fed by a rule on membership of Contractors
	AppGroup         Thing // APP_GROUP, mastered by a directory
	Department       Thing // OKTA_GROUP fed by DepartmentRule

	DepartmentRule Thing
	ProjectRule    Thing // adds its people to Project
	DraftRule      Thing // group rule, INACTIVE
	ProjectApp     Thing // opened by Project
	AdminConsole   Thing // Okta's own app, name "saasure"
	ServiceApp     Thing // the app Credentials() belong to
	NativeApp      Thing // the app that people sign in to, by device grant

	AssignedApp Thing // ACTIVE, assigned to groups and to single people, Contractor among them
	InactiveApp Thing // INACTIVE, assigned to a group
	SAMLApp     Thing // SAML_2_0, governed by AccessPolicy
	OIDCApp     Thing // OPENID_CONNECT

	AccessPolicy       Thing // ACCESS_POLICY of SAMLApp and others
	AccessRule         Thing // an ACTIVE rule of AccessPolicy that names Assurance and BlockedZone
	CatchAllRule       Thing // the system rule of AccessPolicy
	SignOnPolicy       Thing // OKTA_SIGN_ON, ACTIVE, for some groups
	PasswordPolicy     Thing // PASSWORD, ACTIVE, for some groups
	DefaultPolicy      Thing // PASSWORD, system
	InactivePolicy     Thing // OKTA_SIGN_ON, INACTIVE, with one INACTIVE rule
	InactiveRule       Thing // that rule
	Zone               Thing // IP zone, ACTIVE, used by a rule of SignOnPolicy
	BlockedZone        Thing // DYNAMIC, ACTIVE, usage BLOCKLIST
	InactiveZone       Thing
	DefaultZone        Thing // LegacyIpZone, system
	Device             Thing // ACTIVE, Employee's
	SuspendedDevice    Thing
	DeactivatedDevice  Thing
	CreatedDevice      Thing // CREATED: not yet activated
	Assurance          Thing // device assurance policy that AccessRule names
	FreeAssurance      Thing // one that no rule names
	Session            Thing // Employee's; Name is the login
	CustomRole         Thing
	ResourceSet        Thing
	Hook               Thing // event hook, ACTIVE and VERIFIED
	UnverifiedHook     Thing // INACTIVE and UNVERIFIED
	Agent              Thing // AI agent, ACTIVE, with owners, keys and connections
	StagedAgent        Thing // STAGED, without an owner
	InactiveAgent      Thing
	ImportedAgent      Thing  // INACTIVE, imported from a provider app
	AgentKey           Thing  // ACTIVE key of Agent, one of two; Name is its kid
	InactiveKey        Thing  // INACTIVE key of Agent
	Connection         Thing  // ACTIVE connection of Agent to MCPServer
	InactiveConnection Thing  // INACTIVE connection of Agent to MCPServer
	MCPServer          Thing  // ACTIVE
	InactiveMCPServer  Thing  // no connection leads to it
	Factor             Thing  // Employee's, ACTIVE
	PendingFactor      Thing  // Employee's, PENDING_ACTIVATION
	Manager            Person // has Employee among the reports, by the linked object "manager"
}
