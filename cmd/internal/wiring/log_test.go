package wiring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"okta-mcp/oktaclient/demoorg/orgtest"
)

// ownColors are what the handler for people puts between the texts.
var ownColors = regexp.MustCompile(`\x1b\[(?:0|2|9[0-9](?:;[0-9]+)?|22|39)m`)

// Whatever somebody else said in a message, an error or a value is shown as what
// it is, on one line, in the log for people, in colour or not, and in the file.
func TestNothingLoggedActsOnATerminal(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(*bytes.Buffer) slog.Handler{
		"people": func(out *bytes.Buffer) slog.Handler { return peopleHandler(out, slog.LevelDebug, false) },
		"color":  func(out *bytes.Buffer) slog.Handler { return peopleHandler(out, slog.LevelDebug, true) },
		"file":   func(out *bytes.Buffer) slog.Handler { return fileHandler(out, slog.LevelDebug) },
		"json":   func(out *bytes.Buffer) slog.Handler { return jsonHandler(out, slog.LevelDebug) },
	}
	for kind, handler := range kinds {
		for _, hostile := range orgtest.Hostile() {
			var out bytes.Buffer
			log := slog.New(handler(&out))
			log.Error("failed: "+hostile.Text, "error", errors.New(hostile.Text), "list", []string{hostile.Text}, slog.Group("group", "text", hostile.Text))
			log.With("with", hostile.Text).Info("second", "one", struct{ A string }{hostile.Text})
			if n := strings.Count(out.String(), "\n"); n != 2 {
				t.Errorf("%s: %d lines of two records: %q", kind, n, out.String())
			}
			shown := strings.ReplaceAll(out.String(), "\n", " ")
			if kind == "color" {
				shown = ownColors.ReplaceAllString(shown, "")
			}
			if i := strings.IndexFunc(shown, func(r rune) bool { return !unicode.IsGraphic(r) }); i >= 0 {
				t.Errorf("%s: %q is left in %.200q", kind, shown[i:min(len(shown), i+4)], shown)
			}
		}
	}
}

func TestPlainValuesAreLoggedAsTheyWere(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	slog.New(fileHandler(&out, slog.LevelInfo)).Info("a message", "n", 3, "on", true, "took", time.Second, "ids", []string{"a", "b"}, "name", "Zoë 東京")
	for _, want := range []string{`msg="a message"`, "n=3", "on=true", "took=1s", `ids="[a b]"`, fmt.Sprintf("name=%q", "Zoë 東京")} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in %s", want, out.String())
		}
	}
}

func TestALineOfJSONIsAnObject(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(jsonHandler(&out, slog.LevelInfo))
	log.Debug("too little")
	log.Info("a \"message\"", "n", 3, "on", true, "took", time.Second, "ids", []string{"a", "b"}, "error", errors.New("two\nlines"), slog.Group("g", "in", "x"))
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("not one line of one object: %v: %q", err, out.String())
	}
	delete(got, "time")
	want := map[string]any{"level": "INFO", "msg": `a "message"`, "n": 3.0, "on": true, "took": 1e9, "ids": []any{"a", "b"}, "error": `two\u000alines`, "g": map[string]any{"in": "x"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAnErrorDoesNotActOnATerminal(t *testing.T) {
	t.Parallel()
	got := Inert(errors.New("valid for x\x1b[31m\x07, not acme\nand more"))
	if want := `valid for x\u001b[31m\u0007, not acme` + "\nand more"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
