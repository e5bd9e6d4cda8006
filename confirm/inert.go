package confirm

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxShown is how many characters of one text from the org a question shows.
const maxShown = 80

// urlLike finds what a client may turn into a link: a scheme, or a bare "www.".
var urlLike = regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*):(\S)|\bwww\.`)

// entityLike finds HTML character references, which a page could decode.
var entityLike = regexp.MustCompile(`&(#?[0-9A-Za-z]+;)`)

// markup maps the characters that Markdown or HTML give a meaning to look-alikes
// without one, so that a name stays readable and cannot format the question.
var markup = strings.NewReplacer(
	"<", "‹", ">", "›", "[", "⟦", "]", "⟧", "`", "ˋ", "*", "∗", "#", "♯",
	"|", "¦", "~", "∼", "\\", "⧵", "“", "'", "”", "'", "\"", "'", "„", "'",
)

// Quote returns text from the org as a question shows it: between curly quotes,
// on one line, at most 80 characters with the cut told, and with control,
// invisible, direction-changing and markup characters and URLs made inert. It
// never returns a quote or a line break of the text's own, so nothing in the
// text can pose as ours.
func Quote(text string) string {
	length := utf8.RuneCountInString(text)
	shown := []rune(strings.ToValidUTF8(text, "�"))
	cut := len(shown) > maxShown
	if cut {
		shown = shown[:maxShown]
	}
	inert := make([]rune, 0, len(shown))
	for _, r := range shown {
		inert = append(inert, visible(r))
	}
	quoted := markup.Replace(string(inert))
	quoted = entityLike.ReplaceAllString(quoted, "＆$1")
	quoted = urlLike.ReplaceAllStringFunc(quoted, breakURL)
	if cut {
		return fmt.Sprintf("“%s…” (cut: %d characters in all)", quoted, length)
	}
	return "“" + quoted + "”"
}

// breakURL puts a full-width colon or dot where a client would see a link.
func breakURL(s string) string {
	if i := strings.IndexByte(s, ':'); i >= 0 {
		return s[:i] + "：" + s[i+1:]
	}
	return strings.TrimSuffix(s, ".") + "．"
}

// visible returns r, or what stands for it where r would be invisible, change
// the direction of writing, or break the line.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Variation_Selector):
		return '�'
	case strings.ContainsRune("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5", r): // letters that print as nothing
		return '�'
	}
	return r
}
