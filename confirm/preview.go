package confirm

// Target is one thing in the org that a call would change.
type Target struct {
	Type   string `json:"type"`           // "user", "group"
	ID     string `json:"id"`             // Okta's id
	Name   string `json:"name,omitempty"` // the login, exact group name or label
	Within string `json:"-"`              // id of what contains it where the pair is what changes: the group of a membership, the policy of a rule
	Full   string `json:"-"`              // a display name, shown beside Name and never instead of it
}

// Detail is a line of a question made of our label and the org's text.
type Detail struct {
	Label string   // our words: "apps that stop opening"
	Texts []string // the org's words: shown quoted, cut and inert
	More  int      // how many further texts are not shown
}

// Delta is one attribute that a call changes, in the org's words. Of a list that
// gains or loses an element, Item is true and the other text is empty.
type Delta struct {
	Name, Before, After string
	Item                bool
}

// Preview is what a tool's Check found out: whom a call concerns, what would
// follow, and how heavily it weighs. Action, Consequence, Raised, Protected and
// Notes are our words; text from the org appears in Targets, Details and
// Changes only.
type Preview struct {
	Action      string   // imperative, without the target: "Deactivate the user"
	Consequence []string // whole sentences with what was measured
	Targets     []Target
	Also        []Target // what else the call changes or leads to, for rules about it: the groups that a new person joins; of one without id and name, Full is why it cannot be told
	Details     []Detail
	Changes     []Delta
	State       any      // what must not change between the question and the change
	Raised      string   // why a write needs a person after all; empty when it does not
	Typed       bool     // irreversible, or against an administrator: the name is typed
	Protected   string   // why no pre-approval covers it; empty when one may
	Notes       []string // what else the caller should know
}
