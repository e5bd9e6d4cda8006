package tools

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
)

// differences are the values that differ, by dotted path. Of lists only what
// comes and goes is named, a line for each element.
func differences(before, after json.RawMessage) []confirm.Delta {
	return differencesAt("", gjson.ParseBytes(settled(before)), gjson.ParseBytes(settled(after)))
}

func differencesAt(prefix string, before, after gjson.Result) []confirm.Delta {
	var deltas []confirm.Delta
	eachMember(before, after, func(key string, was, is gjson.Result) {
		path := prefix + gjson.Parse(key).String()
		switch {
		case sameJSON(was, is):
		case was.IsObject() && is.IsObject(), is.IsObject() && was.Type == gjson.Null:
			below := differencesAt(path+".", was, is)
			if len(below) == 0 { // nothing becomes an empty object
				below = []confirm.Delta{{Name: path, After: is.Raw}}
			}
			deltas = append(deltas, below...)
		case was.IsArray() && is.IsArray():
			deltas = append(deltas, listDifferences(path, was, is)...)
		case was.Type == gjson.Null && len(is.Array()) > 0 && is.IsArray():
			for _, element := range is.Array() {
				deltas = append(deltas, confirm.Delta{Name: path, After: textOf(element)})
			}
		case was.String() == is.String(): // a number becomes a text that looks like it
			deltas = append(deltas, confirm.Delta{Name: path, Before: was.Raw, After: is.Raw})
		default:
			deltas = append(deltas, confirm.Delta{Name: path, Before: was.String(), After: is.String()})
		}
	})
	return deltas
}

func listDifferences(path string, before, after gjson.Result) []confirm.Delta {
	var deltas []confirm.Delta
	was, is := elements(before), elements(after)
	var stayed, stays []string // in both lists, in the order of each
	for _, element := range after.Array() {
		if key := elementKey(element); was[key] {
			stays = append(stays, key)
		} else {
			deltas = append(deltas, confirm.Delta{Name: path, After: textOf(element), Item: true})
		}
	}
	for _, element := range before.Array() {
		if key := elementKey(element); is[key] {
			stayed = append(stayed, key)
		} else {
			deltas = append(deltas, confirm.Delta{Name: path, Before: textOf(element), Item: true})
		}
	}
	if !slices.Equal(stayed, stays) { // another order, or one of several equal ones
		deltas = append(deltas, confirm.Delta{Name: path, Before: before.Raw, After: after.Raw})
	}
	return deltas
}

// elements is a set, because a network zone can list thousands.
func elements(list gjson.Result) map[string]bool {
	set := map[string]bool{}
	for _, element := range list.Array() {
		set[elementKey(element)] = true
	}
	return set
}

// elementKey is the same for equal elements, in whatever order their members are.
func elementKey(element gjson.Result) string {
	if element.IsObject() || element.IsArray() {
		return element.Get(`@pretty:{"sortKeys":true}`).Raw
	}
	return element.Type.String() + element.String()
}

// textOf is a value as a difference shows it: objects and lists as compact JSON.
func textOf(value gjson.Result) string {
	if value.IsObject() || value.IsArray() {
		return value.Get("@ugly").Raw
	}
	return value.String()
}

// shownWhole is how much of one text a question shows.
const shownWhole = 80

// How many parts of a text that goes away a question shows, and how many of one
// that stands: whoever names things could otherwise make a question too long to
// be asked, and with it the change that undoes them.
const (
	goneParts      = 8
	goneTogether   = 40 // where more parts go in all, of each only the first and the last are shown
	standingParts  = 30 // more than any address has
	standingAtHead = 20
)

// inFull shows in several lines what a question would cut: nothing that is set is
// decided unseen. Of long texts that go away the middle is left out, and told.
func inFull(deltas []confirm.Delta) []confirm.Delta {
	var all []confirm.Delta
	keep := keptOfGone(deltas)
	for _, d := range deltas {
		before, after := pieces(d.Before), pieces(d.After)
		n := max(len(before), len(after), 1)
		left := max(len(after), keep-1) // from here to the last, parts are left out
		for i := range n {
			part := confirm.Delta{Name: d.Name, Before: pieceAt(before, i), After: pieceAt(after, i), Item: d.Item}
			switch {
			case i >= left && i < n-1:
				continue
			case i > left:
				part.Name = fmt.Sprintf("%s, part %d of %d, those from %d on not shown", d.Name, i+1, n, left+1)
			case n > 1:
				part.Name = fmt.Sprintf("%s, part %d of %d", d.Name, i+1, n)
			}
			part.Name = ending(part.Name)
			if n == 1 || part.Before != part.After {
				all = append(all, part)
			}
		}
	}
	return all
}

// keptOfGone is how many parts are shown of each text that goes away.
func keptOfGone(deltas []confirm.Delta) int {
	gone := 0
	for _, d := range deltas {
		gone += min(goneParts, max(0, len(pieces(d.Before))-len(pieces(d.After))))
	}
	if gone > goneTogether {
		return 2
	}
	return goneParts
}

// wholeText is a detail of one text, in parts where a question would cut it: the
// end of an address says whose it is as much as its start.
func wholeText(label, text string) confirm.Detail {
	parts := pieces(text)
	switch n := len(parts); {
	case n < 2:
		return detail(label, []string{text})
	case n > standingParts:
		shown := slices.Concat(parts[:standingAtHead], parts[n-standingParts+standingAtHead:])
		return confirm.Detail{Label: fmt.Sprintf("%s, in %d parts, the first %d and the last %d", label, n, standingAtHead, standingParts-standingAtHead), Texts: shown}
	default:
		return confirm.Detail{Label: fmt.Sprintf("%s, in %d parts", label, n), Texts: parts}
	}
}

func pieces(text string) []string {
	var parts []string
	for chunk := range slices.Chunk([]rune(text), shownWhole) {
		parts = append(parts, string(chunk))
	}
	return parts
}

func pieceAt(parts []string, i int) string {
	if i < len(parts) {
		return parts[i]
	}
	return ""
}

// ending is the end of a name that is too long: the start is the same for many.
func ending(name string) string {
	if utf8.RuneCountInString(name) <= shownWhole {
		return name
	}
	runes := []rune(name)
	return "…" + string(runes[len(runes)-shownWhole+1:])
}
