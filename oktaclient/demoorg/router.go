package demoorg

import (
	"net/url"
	"slices"
	"strings"
)

// route is one endpoint: a row of the table in routes.go.
type route struct {
	method    string
	template  string // /api/v1/users/{userId}
	operation string // Okta's operation id
	scope     string // "" for public endpoints
	bucket    string // of the rate limiter
	handle    handler
}

// router finds routes by path. Literal segments win over parameters, as in
// /groups/rules against /groups/{groupId}.
type router struct{ root *node }

type node struct {
	literals map[string]*node
	param    *node
	name     string // of the parameter that leads here
	routes   map[string]*route
}

func newRouter(routes []route) *router {
	root := &node{}
	for i := range routes {
		n := root
		for _, s := range strings.Split(strings.Trim(routes[i].template, "/"), "/") {
			n = n.child(s)
		}
		if n.routes == nil {
			n.routes = map[string]*route{}
		}
		n.routes[routes[i].method] = &routes[i]
	}
	return &router{root}
}

func (n *node) child(segment string) *node {
	if strings.HasPrefix(segment, "{") {
		if n.param == nil {
			n.param = &node{name: strings.Trim(segment, "{}")}
		}
		return n.param
	}
	if n.literals == nil {
		n.literals = map[string]*node{}
	}
	next := n.literals[segment]
	if next == nil {
		next = &node{}
		n.literals[segment] = next
	}
	return next
}

// find gives the route for a method and an escaped path, and its parameters
// by position: Okta names the same segment differently in different operations.
func (r *router) find(method, path string) (*route, map[string]string, error) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			return nil, nil, unknownEndpoint()
		}
		segments[i] = plain
	}
	if !slices.Contains([]string{"api", "oauth2", ".well-known", "workload-principals", "resource-servers"}, segments[0]) {
		return nil, nil, unknownEndpoint()
	}
	values := make([]string, 0, 4)
	n := r.root.walk(segments, &values)
	if n == nil {
		return nil, nil, unknownEndpoint()
	}
	found := n.routes[method]
	if found == nil {
		return nil, nil, wrongMethod()
	}
	return found, found.bind(values), nil
}

// walk follows segments, literals first, and leaves the parameters' values in
// order. It backs out of a literal branch that leads nowhere.
func (n *node) walk(segments []string, values *[]string) *node {
	if len(segments) == 0 {
		if n.routes == nil {
			return nil
		}
		return n
	}
	if next := n.literals[segments[0]]; next != nil {
		if end := next.walk(segments[1:], values); end != nil {
			return end
		}
	}
	if n.param == nil || segments[0] == "" {
		return nil
	}
	mark := len(*values)
	*values = append(*values, segments[0])
	if end := n.param.walk(segments[1:], values); end != nil {
		return end
	}
	*values = (*values)[:mark]
	return nil
}

// bind names values after the template's parameters.
func (r *route) bind(values []string) map[string]string {
	params := make(map[string]string, len(values))
	rest := r.template
	for _, v := range values {
		_, after, _ := strings.Cut(rest, "{")
		name, tail, _ := strings.Cut(after, "}")
		params[name] = v
		rest = tail
	}
	return params
}
