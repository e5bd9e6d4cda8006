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

// maxMarks is how many combining marks may sit on one character: enough for
// written languages, too few to paint over the lines around.
const maxMarks = 2

// entityLike finds HTML character references, which a page could decode.
var entityLike = regexp.MustCompile(`&(#?[0-9A-Za-z]+;)`)

// hostLike finds the last dot of a host name where a client would see a link
// without a scheme: in "www.", and before a path or a query.
var hostLike = regexp.MustCompile(`(?i)(www)\.|\.([\pL\pN-]+(?:[:：]\d+)?[/?])`)

// markup maps the characters that Markdown or HTML give a meaning to look-alikes
// without one, so that a name stays readable and cannot format the question.
var markup = strings.NewReplacer(
	"<", "‹", ">", "›", "[", "⟦", "]", "⟧", "`", "ˋ", "*", "∗", "#", "♯",
	"|", "¦", "~", "∼", "\\", "⧵",
)

// Beside Unicode's initial and final quotation marks, these are read as double
// quotation marks, and would seem to end the quotation.
const quoteLike = "\"„‚″‴⁗‶‷˝ʺˮ˶״〃¨⹂❛❜❝❞❟❠〝〞〟＂\U0001F676\U0001F677\U0001F678"

// blank are characters that print as nothing although Unicode calls them
// letters or symbols.
const blank = "\u2800\uFFFC\U0001D159\U00016FE4"

// Quote returns text from the org as a question shows it: between curly quotes,
// on one line, at most 80 characters with the cut told, and with control,
// invisible, direction-changing and markup characters and URLs made inert. It
// never returns a quote or a line break of the text's own, so nothing in the
// text can pose as ours. A word of letters from several alphabets, as look-alike
// names are made of, is pointed out.
func Quote(text string) string {
	shown := make([]rune, 0, maxShown)
	marks := maxMarks // so that a mark in front does not sit on our quotation mark
	cut := false
	for _, r := range text { // what is not UTF-8 comes as U+FFFD
		if cut = len(shown) == maxShown; cut {
			break
		}
		r = visible(r)
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks++; marks > maxMarks {
			r = utf8.RuneError
		}
		shown = append(shown, r)
	}
	note := ""
	if mixesAlphabets(shown) {
		note = " (mixes alphabets)"
	}
	inert := markup.Replace(string(unlinked(shown)))
	inert = entityLike.ReplaceAllString(inert, "＆$1")
	inert = hostLike.ReplaceAllString(inert, "$1．$2")
	if cut {
		return fmt.Sprintf("“%s…” (cut: %d characters in all)%s", inert, utf8.RuneCountInString(text), note)
	}
	return "“" + inert + "”" + note
}

// visible returns r, or what stands for it where r would be invisible, change
// the direction of writing, break the line, or pose as a quotation mark.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case !unicode.IsGraphic(r), strings.ContainsRune(blank, r),
		unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point),
		r >= 0x035C && r <= 0x0362: // marks that span two characters, the second perhaps ours
		return utf8.RuneError
	case unicode.In(r, unicode.Pi, unicode.Pf), strings.ContainsRune(quoteLike, r):
		return '\''
	}
	return r
}

// unlinked puts a full-width colon where a client would see a URL, and a
// full-width underscore where Markdown would see emphasis: those between letters
// or digits, as in logins, mean nothing to it.
func unlinked(text []rune) []rune {
	at := func(i int) rune {
		if i < 0 || i >= len(text) {
			return ' '
		}
		return text[i]
	}
	out := make([]rune, len(text))
	for i, r := range text {
		before, after := at(i-1), at(i+1)
		switch {
		case r == ':' && (after == '/' || unicode.IsLetter(before) && after != ' '):
			r = '：'
		case r == '_' && !(wordly(before) && wordly(after)):
			r = '＿'
		}
		out[i] = r
	}
	return out
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// mixesAlphabets reports whether one word has Latin letters beside some of the
// alphabets whose letters look like Latin ones (Unicode Technical Standard 39,
// mixed-script confusables).
func mixesAlphabets(text []rune) bool {
	latin, other := false, false
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin = true
		case unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee, unicode.Lisu, unicode.Coptic):
			other = true
		case r == ' ':
			latin, other = false, false
		}
		if latin && other {
			return true
		}
	}
	return false
}
