package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxNarrowing bounds the token requests of one narrowing, the refused first
// and the final one included: enough for three unknown families among sixty.
const maxNarrowing = 24

// checkScopes returns the scopes sorted and without repeats.
func checkScopes(scopes []string) ([]string, error) {
	if len(scopes) == 0 {
		return nil, errors.New("no scopes to ask for: Okta gives no token without any; name at least one, such as okta.users.read")
	}
	for _, scope := range scopes {
		// RFC 6749 section 3.3; a space would make two scopes of one.
		if scope == "" || !isPrintable(scope) || strings.ContainsAny(scope, `"\`) {
			return nil, fmt.Errorf("the scope %q is not one: scopes look like okta.users.read", scope)
		}
	}
	sorted := slices.Clone(scopes)
	slices.Sort(sorted)
	return slices.Compact(sorted), nil
}

// family is what stands before a scope's last dot: okta.users for
// okta.users.read and okta.users.manage. An org knows a family or does not.
func family(scope string) string {
	if i := strings.LastIndexByte(scope, '.'); i > 0 {
		return scope[:i]
	}
	return scope
}

// families groups sorted scopes by family, in order.
func families(scopes []string) [][]string {
	var groups [][]string
	for _, scope := range scopes {
		if n := len(groups); n > 0 && family(groups[n-1][0]) == family(scope) {
			groups[n-1] = append(groups[n-1], scope)
			continue
		}
		groups = append(groups, []string{scope})
	}
	return groups
}

// narrowing finds the families an org refuses, by asking for parts.
type narrowing struct {
	ask     func(ctx context.Context, scopes []string) error
	left    int        // requests that may still be made
	taken   [][]string // families Okta took
	refused [][]string
}

// errExhausted ends a narrowing that may not ask any more.
var errExhausted = errors.New("out of token requests")

// narrow asks again after an invalid_scope, without what Okta will not have. It
// returns what Okta gave with the scopes that were refused. Where nothing is left to
// ask for, the error is the first one; where another failure ends the search,
// nothing is known to be refused.
func narrow[T any](ctx context.Context, ask func(context.Context, []string) (T, error), scopes []string, first error) (T, []string, error) {
	var none, got T
	probe := func(ctx context.Context, scopes []string) error {
		_, err := ask(ctx, scopes)
		return err
	}
	n := &narrowing{ask: probe, left: maxNarrowing - 1}
	rest := families(scopes)
	err := first
	for hasCode(err, codeInvalidScope) {
		bad, failed := n.find(ctx, rest, err)
		if errors.Is(failed, errExhausted) {
			// Too little power is reported below; too much would not be.
			bad = subtract(rest, n.taken)
		} else if failed != nil {
			return none, nil, failed
		}
		n.refused, rest = append(n.refused, bad...), subtract(rest, bad)
		if len(rest) == 0 {
			err = first
			break
		}
		n.left--
		got, err = ask(ctx, slices.Concat(rest...))
		if errors.Is(failed, errExhausted) {
			break
		}
	}
	return got, slices.Concat(n.refused...), err
}

// find names families to drop from suspects, which Okta refused together with
// err. Where the description does not name them, one is found by halving: with
// the request that follows, about log2(n)+1 requests for each of n.
func (n *narrowing) find(ctx context.Context, suspects [][]string, err error) ([][]string, error) {
	if n.left <= 1 {
		return nil, errExhausted
	}
	if named := namedIn(err, suspects); len(named) > 0 && len(named) < len(suspects) {
		return named, nil // naming all of them would merely repeat the question
	}
	suspects = subtract(suspects, n.taken)
	for len(suspects) > 1 {
		left, right := suspects[:len(suspects)/2], suspects[len(suspects)/2:]
		verdict, err := n.probe(ctx, left)
		if err != nil {
			return nil, err
		}
		switch verdict {
		case codeInvalidScope:
			suspects = left
			continue
		case codeConsentRequired:
			// Ungranted scopes may hide an unknown one, if Okta looks at grants first.
			// Then the left is at fault should the right turn out to be fine.
			if verdict, err = n.probe(ctx, right); err != nil {
				return nil, err
			}
			if verdict != codeInvalidScope {
				return left, nil
			}
		}
		suspects = right
	}
	return suspects, nil
}

// probe asks for some families: "" means Okta gave a token, else it is the code
// of the refusal. Another failure is an error. Two requests are kept: for what a
// search leaves, and for what Okta took should that be refused again.
func (n *narrowing) probe(ctx context.Context, groups [][]string) (verdict string, err error) {
	if n.left <= 2 {
		return "", errExhausted
	}
	n.left--
	err = n.ask(ctx, slices.Concat(groups...))
	switch {
	case err == nil:
		n.taken = append(n.taken, groups...)
		return "", nil
	case hasCode(err, codeConsentRequired):
		return codeConsentRequired, nil
	case hasCode(err, codeInvalidScope):
		return codeInvalidScope, nil
	default:
		return "", err
	}
}

// namedIn picks the families an error's description names, by a scope or as
// "okta.users" or "okta.users.*".
func namedIn(err error, groups [][]string) (named [][]string) {
	var e *Error
	if !errors.As(err, &e) {
		return nil
	}
	words := strings.FieldsFunc(e.Description, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(`'"[](){},;:*`, r)
	})
	for i, word := range words {
		words[i] = strings.TrimRight(word, ".")
	}
	for _, group := range groups {
		names := append([]string{family(group[0])}, group...)
		if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(words, name) }) {
			named = append(named, group)
		}
	}
	return named
}

// subtract returns the groups that are not among others, in order.
func subtract(groups, others [][]string) (rest [][]string) {
	for _, group := range groups {
		if !slices.ContainsFunc(others, func(other []string) bool { return other[0] == group[0] }) {
			rest = append(rest, group)
		}
	}
	return rest
}
