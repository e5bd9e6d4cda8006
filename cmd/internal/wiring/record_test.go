package wiring

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/settings"
	"okta-mcp/tools"
)

func TestWhatIsWrongWithTheRecordIsInTheStatus(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "missing")
	app := &App{}
	t.Cleanup(app.Close)
	r, err := app.openRecord(settings.Settings{OrgURL: "https://acme.okta.com", AuditFile: filepath.Join(dir, "audit.jsonl")}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	all := r.beside(tools.LogRecorder{Logger: slog.New(slog.DiscardHandler)}, nil)
	for _, writable := range []bool{false, true} {
		if writable {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := all.After(t.Context(), tools.Event{Tool: "list_users", Effect: tools.Read}); err != nil {
				t.Fatal(err)
			}
		}
		for _, effect := range []tools.Effect{tools.Read, tools.Write, tools.Destructive, tools.Privileged} {
			err := all.Before(t.Context(), tools.Event{Tool: "x", Effect: effect})
			if refused := err != nil; refused != (!writable && effect != tools.Read) {
				t.Errorf("record writable %v: a call that is %s: %v", writable, effect, err)
			}
		}
		if said := r.report("not signed in"); strings.HasPrefix(said, "not signed in; the record") == writable {
			t.Errorf("record writable %v: the status says %q", writable, said)
		}
	}
}
