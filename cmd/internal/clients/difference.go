package clients

import (
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// widest is the longest line of a difference that is shown whole.
const widest = 4000

// Difference is what changes in a file, as a unified diff to be read by a person.
// Texts that stay are shown as "…": keys of other servers are nobody's business.
func Difference(path string, before, after []byte) string {
	lines := strings.Split(strings.TrimSuffix(string(diff.Diff(path, before, path, after)), "\n"), "\n")
	if len(lines) < 4 {
		return ""
	}
	head, lines := lines[1:3], lines[3:] // the first line says what these two say
	gone, come := textsOf(lines, "-"), textsOf(lines, "+")
	var out strings.Builder
	out.WriteString(strings.Join(head, "\n") + "\n")
	for _, line := range lines {
		around := strings.HasPrefix(line, " ")
		line = quoted.ReplaceAllStringFunc(line, func(text string) string {
			if isKey(text) || !around && !(gone[text] && come[text]) {
				return text
			}
			return `"…"`
		})
		if runes := []rune(line); len(runes) > widest {
			line = string(runes[:widest]) + "…"
		}
		out.WriteString(strings.TrimSuffix(line, "\r") + "\n")
	}
	return out.String()
}

// quoted is a text, with the colon that makes it a key of JSON. One that the line
// does not end counts up to there.
var quoted = regexp.MustCompile(`("(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$))(\s*:)?`)

func isKey(text string) bool { return strings.HasSuffix(text, ":") }

// textsOf are the texts in the lines that begin so.
func textsOf(lines []string, sign string) map[string]bool {
	all := map[string]bool{}
	for _, line := range lines {
		if strings.HasPrefix(line, sign) {
			for _, text := range quoted.FindAllString(line, -1) {
				all[text] = true
			}
		}
	}
	return all
}
