package confirm_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-mcp/confirm"
)

func TestATooLongQuestionSaysHowItComesApart(t *testing.T) {
	t.Parallel()
	changes := func(prefix string, n int) []confirm.Delta {
		deltas := make([]confirm.Delta, n)
		for i := range deltas {
			deltas[i] = confirm.Delta{Name: fmt.Sprint(prefix, i), After: "x"}
		}
		return deltas
	}
	for what, c := range map[string]struct {
		changes []confirm.Delta
		words   []string
	}{
		"by member":          {append(changes("actions.a.", 50), changes("settings.b.", 60)...), []string{"“actions” (50)", "“settings” (60)", "at most 80"}},
		"by member's member": {append(changes("settings.password.", 50), changes("settings.recovery.", 60)...), []string{"“settings.password” (50)", "“settings.recovery” (60)"}},
		"one list":           {changes("gateways ", 110), []string{"change fewer things in one call"}},
	} {
		g, _ := gate(answering(yes()))
		r := deactivate()
		r.Preview.Changes = c.changes
		_, err := g.Ask(t.Context(), r)
		mustRefuse(t, err, "unasked")
		for _, word := range c.words {
			if !strings.Contains(fmt.Sprint(err), word) {
				t.Errorf("%s: the refusal does not say %q: %v", what, word, err)
			}
		}
	}
}
