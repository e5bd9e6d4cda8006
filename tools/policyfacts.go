package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// truth is what is known of a condition. Of conditions that must all hold the
// least counts, of those of which one must hold the most.
type truth int

const (
	no truth = iota
	perhaps
	yes
)

// subject is one target of a call as rules see it.
type subject struct {
	tool   string
	effect Effect
	target confirm.Target
	also   []confirm.Target
}

// concerned are the objects of one sort that a rule can be about, and why there
// may be others that cannot be told.
type concerned struct {
	objects []confirm.Target
	hidden  string
}

// within is what the target is in or part of, where it is of the sort, told by the
// first characters of its id.
func (s subject) within(word, prefix string) concerned {
	id := s.target.Within
	switch {
	case id == "":
	case looksLikeID(id, prefix):
		return concerned{objects: []confirm.Target{{Type: word, ID: id}}}
	case s.target.Type != "user" && s.target.Type != "group": // then it says itself what it is in
	case !looksLikeID(id, "00g") && !looksLikeID(id, "0oa") && !looksLikeID(id, "00u"):
		return concerned{hidden: "what the id " + confirm.Quote(id) + " names cannot be told"}
	}
	return concerned{}
}

// of are the target, what it is in, and what else the call touches, as far as
// they are of one sort.
func (s subject) of(word, prefix string) concerned {
	all := s.within(word, prefix)
	for _, t := range append([]confirm.Target{s.target}, s.also...) {
		if t.Type != word {
			continue
		}
		if t.ID == "" && t.Name == "" {
			all.hidden = t.Full
			continue
		}
		known := slices.IndexFunc(all.objects, func(other confirm.Target) bool { return other.ID == t.ID && t.ID != "" })
		switch {
		case known < 0:
			all.objects = append(all.objects, t)
		case all.objects[known].Name == "":
			all.objects[known] = t
		}
	}
	return all
}

// people are the persons a rule can be about: who is changed, or whose factor or
// session is.
func (s subject) people() concerned {
	switch s.target.Type {
	case "factor":
		return concerned{objects: []confirm.Target{{Type: "user", ID: s.target.Within}}}
	case "session":
		if s.target.Name == "" {
			return concerned{hidden: "whose session it is is not visible"}
		}
		return concerned{objects: []confirm.Target{{Type: "user", ID: s.target.Name}}} // its login
	}
	return s.of("user", "00u")
}

// facts reads of the org what rules ask for: each thing once a call, and only when
// a rule that could still match needs it.
type facts struct {
	c    *Call
	made json.RawMessage // the profile of a person who is to be created
	seen map[string]seen
}

// seen is a document of Okta's, or why it is not visible.
type seen struct {
	raw    json.RawMessage
	hidden string
}

func (c *Call) newFacts() *facts { return &facts{c: c, made: c.draft.after, seen: map[string]seen{}} }

func (f *facts) read(scope, key string, get func() (*oktaclient.Answer, error)) seen {
	if s, known := f.seen[key]; known {
		return s
	}
	s := seen{hidden: "the scope " + scope + " is not granted"}
	if f.c.granted(scope) {
		answer, err := get()
		var api *oktaclient.Error
		switch {
		case err == nil:
			s = seen{raw: answer.Body}
		case errors.As(err, &api):
			s.hidden = fmt.Sprintf("Okta answered %d", api.Status)
		default:
			s.hidden = "reading it failed"
		}
	}
	f.seen[key] = s
	return s
}

// name is what a group or application is called, or why that is not visible.
func (f *facts) name(ctx context.Context, t confirm.Target) (name, hidden string) {
	if t.Name != "" || t.ID == "" {
		return t.Name, ""
	}
	var s seen
	at := "profile.name"
	if t.Type == "group" {
		s = f.read(groupsRead, t.ID, func() (*oktaclient.Answer, error) { return f.c.Org.GetGroup(ctx, t.ID) })
	} else {
		at, s = "label", f.read(appsRead, t.ID, func() (*oktaclient.Answer, error) { return f.c.Org.GetApplication(ctx, t.ID, nil) })
	}
	if s.hidden != "" {
		return "", fmt.Sprintf("what the %s %s is called is not visible: %s", t.Type, t.ID, s.hidden)
	}
	return gjson.GetBytes(s.raw, at).String(), ""
}

// called reports whether one of the objects has one of the names or ids.
func (f *facts) called(ctx context.Context, word string, among concerned, patterns []string) (truth, string) {
	result, why := no, "no "+word+" is concerned"
	if among.hidden != "" {
		result, why = perhaps, among.hidden
	}
	for _, object := range among.objects {
		if object.ID != "" && slices.Contains(patterns, object.ID) {
			return yes, fmt.Sprintf("the %s is %s", word, object.ID)
		}
		name, hidden := f.name(ctx, object)
		switch {
		case hidden == "" && likeAny(patterns, name):
			return yes, fmt.Sprintf("the %s is %s", word, confirm.Quote(name))
		case hidden != "":
			result, why = perhaps, hidden
		case result == no:
			why = fmt.Sprintf("the %s is %s", word, confirm.Quote(name))
		}
	}
	return result, why
}

// person reports whether one of the people has all of the attributes.
func (f *facts) person(ctx context.Context, among concerned, wanted []Attribute) (truth, string) {
	result, why := no, "no person is concerned"
	if among.hidden != "" {
		result, why = perhaps, among.hidden
	}
	for _, t := range among.objects {
		this, because := yes, []string{}
		for _, a := range wanted {
			has, reason := f.has(ctx, t, a)
			if has < this {
				this, because = has, nil
			}
			if has == this {
				because = append(because, reason)
			}
		}
		if this > result || result == no {
			result, why = this, strings.Join(because, ", ")
		}
	}
	return result, why
}

// has reports whether a person's attribute has one of the values.
func (f *facts) has(ctx context.Context, t confirm.Target, a Attribute) (truth, string) {
	person := seen{raw: json.RawMessage(`{"profile":` + firstNonEmpty(string(f.made), "{}") + `}`)}
	if t.ID != "" {
		person = f.read(usersRead, t.ID, func() (*oktaclient.Answer, error) { return f.c.Org.GetUser(ctx, t.ID, nil) })
	}
	value := gjson.GetBytes(person.raw, a.Path)
	switch {
	case person.hidden != "":
		return perhaps, fmt.Sprintf("who %s is is not visible: %s", confirm.Quote(t.ID), person.hidden)
	case value.Type == gjson.Null && value.Exists():
		return no, a.Path + " is not set"
	case !value.Exists():
		return f.unset(ctx, t, person.raw, a.Path)
	case slices.ContainsFunc(value.Array(), func(v gjson.Result) bool { return likeAny(a.Values, v.String()) }):
		return yes, fmt.Sprintf("%s is %s", a.Path, confirm.Quote(value.String()))
	}
	return no, fmt.Sprintf("%s is %s", a.Path, confirm.Quote(value.String()))
}

// unset tells an attribute that a person does not have, which Okta leaves out,
// from one that there is not or that the app may not see.
func (f *facts) unset(ctx context.Context, t confirm.Target, person json.RawMessage, at string) (truth, string) {
	attribute, ofProfile := strings.CutPrefix(at, "profile.")
	if !ofProfile {
		return perhaps, at + " is not visible"
	}
	if t.ID == "" {
		return no, at + " is not given"
	}
	id := "default"
	if link := gjson.GetBytes(person, "_links.schema.href").String(); link != "" {
		id = path.Base(link)
	}
	schema := f.read(schemasRead, "schema "+id, func() (*oktaclient.Answer, error) { return f.c.Org.GetUserSchema(ctx, id) })
	definitions := gjson.GetBytes(schema.raw, "definitions")
	switch {
	case schema.hidden != "":
		return perhaps, fmt.Sprintf("whether there is a %s is not visible: %s", at, schema.hidden)
	case definitions.Get("base.properties."+attribute).Exists() || definitions.Get("custom.properties."+attribute).Exists():
		return no, at + " is not set"
	}
	return perhaps, "there is no " + at
}

func (r Rule) about(tool string) bool { return len(r.Tools) == 0 || likeAny(r.Tools, tool) }

// matches reports whether the rule is about the subject, and why or why not.
func (r Rule) matches(ctx context.Context, f *facts, s subject) (truth, string) {
	if !r.about(s.tool) {
		return no, "it is about other tools"
	}
	if len(r.Effects) > 0 && !slices.Contains(r.Effects, s.effect) {
		return no, "the effect is " + s.effect.String()
	}
	conditions := []struct {
		given bool
		holds func() (truth, string)
	}{
		{len(r.Groups) > 0, func() (truth, string) { return f.called(ctx, "group", s.of("group", "00g"), r.Groups) }},
		{len(r.Apps) > 0, func() (truth, string) { return f.called(ctx, "application", s.of("application", "0oa"), r.Apps) }},
		{len(r.User) > 0, func() (truth, string) { return f.person(ctx, s.people(), r.User) }},
	}
	least, why := yes, []string(nil)
	for _, condition := range conditions {
		if !condition.given {
			continue
		}
		holds, reason := condition.holds()
		if holds == no {
			return no, reason
		}
		if holds < least {
			least, why = holds, nil
		}
		if holds == least {
			why = append(why, reason)
		}
	}
	return least, firstNonEmpty(strings.Join(why, ", "), "it is about this tool")
}
