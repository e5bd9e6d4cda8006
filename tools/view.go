package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// Document is one of Okta's objects as JSON, answered at the top level.
type Document json.RawMessage

// MarshalJSON returns the document itself.
func (d Document) MarshalJSON() ([]byte, error) { return json.RawMessage(d).MarshalJSON() }

// view is what a list or get shows of an object when no fields are asked for:
// everything that has a value, but for links and the dotted paths named here.
type view struct {
	without []string
	links   []string // the links that are shown all the same
}

// everything is the value of fields that asks for Okta's document untouched.
const everything = "*"

// document is apply for an answer that is one object, checked to be JSON.
func (v view) document(object json.RawMessage, fields []string) (json.RawMessage, error) {
	if !gjson.ValidBytes(object) {
		return nil, errors.New("okta answered with something that is not JSON")
	}
	return v.apply(object, fields), nil
}

// apply returns a valid JSON object as the caller asked to see it, number
// literals kept, and in it whatever cannot be seen as an escape: what that adds
// counts against the size of an answer.
func (v view) apply(object json.RawMessage, fields []string) json.RawMessage {
	var out bytes.Buffer
	out.Grow(len(object))
	switch {
	case slices.Contains(fields, everything):
	case len(fields) > 0:
		object = project(gjson.ParseBytes(object), append([]string{"id"}, fields...))
	default:
		v.compact(&out, gjson.ParseBytes(object))
		return visible(out.Bytes())
	}
	if err := json.Compact(&out, object); err != nil { // cannot be: the object is valid
		return visible(object)
	}
	return visible(out.Bytes())
}

// compact writes value as the view shows it, and what is below it without nulls
// and _links.
func (v view) compact(out *bytes.Buffer, value gjson.Result) {
	switch {
	case value.IsObject():
		out.WriteByte('{')
		first := true
		value.ForEach(func(key, member gjson.Result) bool {
			hidden, below := under(key.String(), v.without)
			if key.String() == "_links" {
				member = gjson.ParseBytes(projectBelow(member, v.links))
			}
			if hidden || member.Type == gjson.Null {
				return true
			}
			separate(out, &first)
			out.WriteString(key.Raw)
			out.WriteByte(':')
			view{without: below}.compact(out, member)
			return true
		})
		out.WriteByte('}')
	case value.IsArray():
		out.WriteByte('[')
		first := true
		value.ForEach(func(_, element gjson.Result) bool {
			separate(out, &first)
			view{without: v.without}.compact(out, element)
			return true
		})
		out.WriteByte(']')
	default:
		out.WriteString(value.Raw)
	}
}

// project keeps the members that the dotted paths name, in the object's order.
// Paths go through lists to each of their objects. A path that names nothing is
// left out.
func project(value gjson.Result, paths []string) json.RawMessage {
	var out bytes.Buffer
	out.WriteByte('{')
	first := true
	value.ForEach(func(key, member gjson.Result) bool {
		whole, below := under(key.String(), paths)
		kept := json.RawMessage(member.Raw)
		if !whole {
			if kept = projectBelow(member, below); kept == nil {
				return true
			}
		}
		separate(&out, &first)
		out.WriteString(key.Raw)
		out.WriteByte(':')
		out.Write(kept)
		return true
	})
	out.WriteByte('}')
	return out.Bytes()
}

// projectBelow is project for a member that is an object or a list of them, and
// nil where nothing is left of it.
func projectBelow(member gjson.Result, paths []string) json.RawMessage {
	if len(paths) == 0 || !member.IsObject() && !member.IsArray() {
		return nil
	}
	if member.IsObject() {
		if kept := project(member, paths); len(kept) > len("{}") {
			return kept
		}
		return nil
	}
	var out bytes.Buffer
	out.WriteByte('[')
	first, found := true, false
	for _, element := range member.Array() {
		if kept := projectBelow(element, paths); kept != nil {
			separate(&out, &first)
			out.Write(kept)
			found = true
		}
	}
	if !found {
		return nil
	}
	out.WriteByte(']')
	return out.Bytes()
}

// under reports whether paths name the member whole, and the paths below it.
func under(name string, paths []string) (whole bool, below []string) {
	for _, path := range paths {
		if path == name {
			return true, nil
		}
		if rest, ok := strings.CutPrefix(path, name+"."); ok {
			below = append(below, rest)
		}
	}
	return false, below
}

func separate(out *bytes.Buffer, first *bool) {
	if !*first {
		out.WriteByte(',')
	}
	*first = false
}

// shrink leaves out an object's largest members until it fits into budget bytes
// and names them as dotted paths. Members of members go before whole objects,
// so that one huge attribute does not cost the profile.
func shrink(object json.RawMessage, budget int) (kept json.RawMessage, omitted []string) {
	sizes := map[string]int{}
	weigh(gjson.ParseBytes(object), "", 2, sizes)
	for len(object) > budget && len(sizes) > 0 {
		largest := ""
		for path, size := range sizes {
			if largest == "" || size > sizes[largest] || (size == sizes[largest] && path < largest) {
				largest = path
			}
		}
		object = without(gjson.ParseBytes(object), largest)
		delete(sizes, largest)
		omitted = append(omitted, largest)
	}
	return object, omitted
}

// weigh notes the size of every member that is not an object, and of objects
// deeper than depth, by its dotted path; the id is never left out.
func weigh(value gjson.Result, prefix string, depth int, sizes map[string]int) {
	value.ForEach(func(key, member gjson.Result) bool {
		path := prefix + key.String()
		if member.IsObject() && depth > 1 && !strings.Contains(key.String(), ".") {
			weigh(member, path+".", depth-1, sizes)
		} else if path != "id" {
			sizes[path] = len(member.Raw)
		}
		return true
	})
}

// without returns the object less the member at the dotted path.
func without(value gjson.Result, path string) json.RawMessage {
	var out bytes.Buffer
	out.WriteByte('{')
	first := true
	value.ForEach(func(key, member gjson.Result) bool {
		name := key.String()
		if name == path {
			return true
		}
		separate(&out, &first)
		out.WriteString(key.Raw)
		out.WriteByte(':')
		if rest, below := strings.CutPrefix(path, name+"."); below && member.IsObject() {
			out.Write(without(member, rest))
		} else {
			out.WriteString(member.Raw)
		}
		return true
	})
	out.WriteByte('}')
	return out.Bytes()
}
