package tools

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// visible returns JSON of the same value in which whatever cannot be seen, moves
// what is around it or ends a line for some readers is written as an escape: the
// org's text goes to models, terminals and readers of lines as it is. What no
// JSON text may hold, half of a character, becomes the replacement character,
// for strict clients give up the connection over it.
func visible(doc json.RawMessage) json.RawMessage {
	at := invisibleAt(doc, 0)
	if at == len(doc) {
		return doc
	}
	out := make(json.RawMessage, 0, len(doc)+64)
	for from := 0; ; {
		out = append(out, doc[from:at]...)
		if at == len(doc) {
			return out
		}
		r, size := utf8.DecodeRune(doc[at:])
		if r == '\\' { // half of a character, as an escape
			r, size = utf8.RuneError, len(`\ud800`)
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
		from = at + size
		at = invisibleAt(doc, from)
	}
}

// invisibleAt returns the index of the next character that visible replaces, or
// the length.
func invisibleAt(doc []byte, from int) int {
	for i := from; i < len(doc); {
		switch c := doc[i]; {
		case c == '\\':
			size := escapeSize(doc[i:])
			if size == 0 {
				return i
			}
			i += size
		case c < 0x7f:
			i++
		default:
			r, size := utf8.DecodeRune(doc[i:])
			if isHidden(r, size) {
				return i
			}
			i += size
		}
	}
	return len(doc)
}

// escapeSize is the length of the escape that text begins with, of both halves
// of a character together, and 0 for one half without the other.
func escapeSize(text []byte) int {
	r := escapedUnit(text)
	switch {
	case r < 0:
		return min(2, len(text))
	case !utf16.IsSurrogate(r):
		return 6
	case utf16.DecodeRune(r, escapedUnit(text[6:])) != unicode.ReplacementChar:
		return 12
	}
	return 0
}

// escapedUnit is the UTF-16 unit that text begins with as \uXXXX, or -1.
func escapedUnit(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(unit)
}

// isHidden reports whether a character of so many bytes is written as an escape.
func isHidden(r rune, size int) bool {
	switch {
	case r == utf8.RuneError && size == 1:
		return true
	case r > 0xad && r < 0x300, r > 0x3000 && r < 0x3164, r >= 0x4e00 && r < 0xd7a4: // most of what people write
		return false
	}
	return !unicode.IsGraphic(r) || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
