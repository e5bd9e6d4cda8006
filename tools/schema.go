package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// planOnly is the parameter that every tool that can ask takes.
const planOnly = "plan_only"

// inputSchema is a tool's parameters: what tools/list shows, and what a call's
// arguments are checked against.
type inputSchema struct {
	schema *jsonschema.Schema
	raw    json.RawMessage
}

// newInputSchema derives the parameters from the input struct's fields and tags:
//
//	json:"limit,omitempty"        the name; omitempty makes it optional
//	jsonschema:"items per page"   the description
//	min:"1" max:"200"             bounds of a number, or of an array's length
//	enum:"asc desc"               the values a string can take
//	secret:"true"                 never repeated in an error
func newInputSchema(s Spec) (*inputSchema, error) {
	schema, err := structSchema(s.in)
	if err != nil {
		return nil, fmt.Errorf("input schema of %s: %w", s.Name, err)
	}
	if s.Asks {
		schema.Properties[planOnly] = &jsonschema.Schema{Type: "boolean", Description: "only preview"}
		schema.PropertyOrder = append(schema.PropertyOrder, planOnly)
	}
	raw, err := json.Marshal(schema)
	return &inputSchema{schema: schema, raw: raw}, err
}

// newOutputSchema types our envelopes and leaves Okta's documents as objects.
func newOutputSchema(s Spec) (json.RawMessage, error) {
	schema, err := structSchema(s.out)
	if err != nil {
		return nil, fmt.Errorf("output schema of %s: %w", s.Name, err)
	}
	for name, property := range schema.Properties {
		schema.Properties[name] = shallow(property)
	}
	return json.Marshal(schema)
}

// shallow types a member of an envelope one level deep: what lies below is for
// reading, and every byte of a schema is paid for in each conversation.
func shallow(p *jsonschema.Schema) *jsonschema.Schema {
	if p.Type == "" && len(p.Types) == 0 {
		return p // anything: it keeps its description, for clients read no bare true
	}
	flat := &jsonschema.Schema{Type: p.Type}
	if len(p.Types) > 0 {
		flat.Type = p.Types[len(p.Types)-1]
	}
	return flat
}

// structSchema is the one place where types become schemas: raw JSON is an
// object, a slice is an array that is never null, and tags add bounds.
func structSchema(t reflect.Type) (*jsonschema.Schema, error) {
	object := &jsonschema.Schema{Type: "object"}
	anything := &jsonschema.Schema{}
	schema, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[json.RawMessage](): object,
		reflect.TypeFor[Document]():        object,
		reflect.TypeFor[Undo]():            anything,
	}})
	if err != nil {
		return nil, err
	}
	schema.AdditionalProperties = nil // check refuses what is unknown; saying so costs bytes in each tool
	if t.Kind() == reflect.Struct && t != reflect.TypeFor[Document]() {
		for _, field := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if property := schema.Properties[name]; property != nil && !field.Anonymous {
				if err := bound(property, field.Tag); err != nil {
					return nil, fmt.Errorf("parameter %s: %w", name, err)
				}
			}
		}
	}
	return schema, nil
}

func bound(p *jsonschema.Schema, tag reflect.StructTag) error {
	if len(p.Types) > 0 { // "null" beside a type: a pointer or a slice
		p.Type, p.Types = p.Types[len(p.Types)-1], nil
	}
	if p.Items != nil {
		p.Items = &jsonschema.Schema{Type: p.Items.Type, Types: p.Items.Types}
	}
	for _, value := range strings.Fields(tag.Get("enum")) {
		p.Enum = append(p.Enum, value)
	}
	p.WriteOnly = tag.Get("secret") != ""
	low, err := number(tag.Get("min"))
	if err != nil {
		return err
	}
	high, err := number(tag.Get("max"))
	if err != nil {
		return err
	}
	if p.Type == "array" {
		p.MinItems, p.MaxItems = low, high
		return nil
	}
	p.Minimum, p.Maximum = float(low), float(high)
	return nil
}

func number(s string) (*int, error) {
	if s == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(s)
	return &n, err
}

func float(n *int) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}

// maxString bounds every string argument that has no tighter rule of its own.
const maxString = 4096

// check holds arguments against the schema and names the first thing wrong in
// words a model can act on. Names are case-sensitive, and a name that comes
// twice, at any depth, is refused because two readers could disagree on it.
func (s *inputSchema) check(arguments json.RawMessage) error {
	members, err := objectMembers(arguments)
	if err != nil {
		return &ArgumentError{Problem: err.Error()}
	}
	for _, m := range members {
		property := s.schema.Properties[m.name]
		if property == nil {
			return &ArgumentError{Problem: fmt.Sprintf("there is no parameter %q; the parameters are %s", m.name, s.names())}
		}
		if err := checkValue(m.name, property, m.value); err != nil {
			return &ArgumentError{Problem: err.Error()}
		}
	}
	for _, name := range s.schema.Required {
		if !slices.ContainsFunc(members, func(m member) bool { return m.name == name }) {
			return &ArgumentError{Problem: fmt.Sprintf("the parameter %q is missing: %s", name, s.schema.Properties[name].Description)}
		}
	}
	return nil
}

func (s *inputSchema) names() string {
	if len(s.schema.PropertyOrder) == 0 {
		return "none"
	}
	return strings.Join(s.schema.PropertyOrder, ", ")
}

type member struct {
	name  string
	value json.RawMessage
}

// objectMembers reads one JSON object, refusing duplicate names at any depth.
func objectMembers(data json.RawMessage) ([]member, error) {
	if len(bytes.TrimSpace(data)) == 0 || string(bytes.TrimSpace(data)) == "null" {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, fmt.Errorf("the arguments are not a JSON object")
	}
	var members []member
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("the arguments are not valid JSON: %w", err)
		}
		name, _ := token.(string)
		if seen[name] {
			return nil, fmt.Errorf("%q is given twice", name)
		}
		seen[name] = true
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("the value of %q is not valid JSON: %w", name, err)
		}
		if err := noDuplicates(name, value); err != nil {
			return nil, err
		}
		members = append(members, member{name, value})
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("the arguments are not valid JSON: %w", err)
	}
	return members, nil
}

// noDuplicates looks for a name that comes twice in any object inside value, in
// one pass however deep the value is.
func noDuplicates(path string, value json.RawMessage) error {
	decoder := json.NewDecoder(bytes.NewReader(value))
	var open []map[string]bool // names seen in each enclosing object; nil for an array
	name := true               // whether the next string in an object is a name
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s is not valid JSON: %w", path, err)
		}
		switch token {
		case json.Delim('{'):
			open, name = append(open, map[string]bool{}), true
			continue
		case json.Delim('['):
			open = append(open, nil)
			continue
		case json.Delim('}'), json.Delim(']'):
			open, name = open[:len(open)-1], true
			continue
		}
		if len(open) == 0 || open[len(open)-1] == nil {
			continue
		}
		if seen := open[len(open)-1]; name {
			key, _ := token.(string)
			if seen[key] {
				return fmt.Errorf("%q is given twice in %s", key, path)
			}
			seen[key] = true
			name = false
			continue
		}
		name = true
	}
}

func checkValue(name string, p *jsonschema.Schema, value json.RawMessage) error {
	if string(value) == "null" {
		return fmt.Errorf("%s is null; leave it out or give it a value", name)
	}
	switch p.Type {
	case "string":
		return checkString(name, p, value)
	case "integer":
		n, err := strconv.Atoi(string(value))
		if err != nil || (p.Minimum != nil && float64(n) < *p.Minimum) || (p.Maximum != nil && float64(n) > *p.Maximum) {
			return fmt.Errorf("%s must be a whole number%s, not %s", name, bounds(p), shown(p, value))
		}
	case "boolean":
		if v := string(value); v != "true" && v != "false" {
			return fmt.Errorf("%s must be true or false, not %s", name, shown(p, value))
		}
	case "object":
		if value[0] != '{' {
			return fmt.Errorf("%s must be a JSON object, not %s", name, shown(p, value))
		}
	case "array":
		return checkArray(name, p, value)
	default:
		return fmt.Errorf("%s has no type to be checked against", name)
	}
	return nil
}

func checkString(name string, p *jsonschema.Schema, value json.RawMessage) error {
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return fmt.Errorf("%s must be a string, not %s", name, shown(p, value))
	}
	if len(p.Enum) > 0 && !slices.Contains(p.Enum, any(s)) {
		return fmt.Errorf("%s must be one of %s, not %s", name, joinAny(p.Enum), shown(p, value))
	}
	if len(s) > maxString {
		return fmt.Errorf("%s is %d bytes long; the most is %d", name, len(s), maxString)
	}
	if s == "" {
		return fmt.Errorf("%s is empty; leave it out or give it a value", name)
	}
	return nil
}

func checkArray(name string, p *jsonschema.Schema, value json.RawMessage) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(value, &elements); err != nil {
		return fmt.Errorf("%s must be an array, not %s", name, shown(p, value))
	}
	if p.MaxItems == nil {
		return fmt.Errorf("%s has no bound to be checked against", name)
	}
	low := 0
	if p.MinItems != nil {
		low = *p.MinItems
	}
	if n := len(elements); n < low || n > *p.MaxItems {
		return fmt.Errorf("%s must have %d to %d elements, not %d", name, low, *p.MaxItems, n)
	}
	for i, element := range elements {
		if err := checkValue(fmt.Sprintf("%s[%d]", name, i), p.Items, element); err != nil {
			return err
		}
	}
	return nil
}

func bounds(p *jsonschema.Schema) string {
	switch {
	case p.Minimum != nil && p.Maximum != nil:
		return fmt.Sprintf(" from %v to %v", *p.Minimum, *p.Maximum)
	case p.Minimum != nil:
		return fmt.Sprintf(" of at least %v", *p.Minimum)
	}
	return ""
}

func joinAny(values []any) string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = fmt.Sprint(v)
	}
	return strings.Join(names, ", ")
}

// shown is a value as an error repeats it: its start is enough to find it, and a
// secret is not repeated at all.
func shown(p *jsonschema.Schema, value json.RawMessage) string {
	const most = 60
	switch {
	case p.WriteOnly:
		return "what was given"
	case len(value) <= most:
		return string(value)
	}
	return strings.ToValidUTF8(string(value[:most]), "") + "…"
}
