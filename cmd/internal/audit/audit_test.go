package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/cmd/internal/audit"
	"okta-mcp/confirm"
	"okta-mcp/tools"
)

// Under this variable the test binary is another process that records as many
// calls as it says in the file that its argument names.
const appendVariable = "AUDIT_TEST_APPEND"

func TestMain(m *testing.M) {
	if count, err := strconv.Atoi(os.Getenv(appendVariable)); err == nil {
		os.Exit(appendMany(os.Args[1], count))
	}
	os.Exit(m.Run())
}

func appendMany(path string, count int) int {
	r, err := audit.Open(audit.Options{Path: path, MaxBytes: 8192, Org: "acme.okta.com", Logger: slog.New(slog.DiscardHandler)})
	for i := 0; i < count && err == nil; i++ {
		err = r.After(context.Background(), event(fmt.Sprint("process ", os.Getpid())))
	}
	if err != nil {
		log.Print(err)
		return 1
	}
	return 0
}

// event is a call with every field filled.
func event(client string) tools.Event {
	return tools.Event{
		ID:     "call1",
		Time:   time.Date(2026, 3, 1, 9, 30, 15, 123_456_789, time.FixedZone("", 3600)),
		Caller: tools.Caller{ID: "stdio", ClientName: client, ClientVersion: "1.2"},
		Tool:   "delete_group", Effect: tools.Destructive, Raised: true,
		Targets:   []confirm.Target{{Type: "group", ID: "00g1", Name: "Project Nightingale", Within: "00w1", Full: "a display name"}},
		Arguments: strings.Repeat("a", 64), Rule: "policy.yaml:12 typed", Asker: "client", Question: strings.Repeat("b", 64),
		Consent: confirm.Consent{By: "client", Question: strings.Repeat("b", 64)},
		Answer:  "decline", Outcome: "ok", Duration: 1234567 * time.Nanosecond,
		Requests: []tools.Sent{{Method: "DELETE", Path: "/api/v1/groups/00g1", Status: 204, RequestID: "req1"}},
	}
}

func open(t testing.TB, path string, maxBytes int) *audit.Recorder {
	t.Helper()
	r, err := audit.Open(audit.Options{Path: path, MaxBytes: maxBytes, Org: "acme.okta.com", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the record: %v", err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// filled is a file with that many records.
func filled(t testing.TB, count int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	r := open(t, path, 0)
	for i := range count {
		if err := r.After(t.Context(), event(fmt.Sprint("client ", i))); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func readLines(t testing.TB, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
}

func writeFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "damaged.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func verify(t testing.TB, files []string, expected audit.Expectation) (audit.Verdict, []audit.Finding) {
	t.Helper()
	var findings []audit.Finding
	read := uint64(0)
	verdict, err := audit.Verify(files, expected, func(f audit.Finding) { findings = append(findings, f) }, func(lines uint64) { read = lines })
	if read != verdict.Records {
		t.Errorf("told of %d lines, want %d", read, verdict.Records)
	}
	if err != nil {
		t.Fatalf("verifying: %v", err)
	}
	if verdict.Findings != len(findings) {
		t.Errorf("the verdict counts %d findings, %d were told", verdict.Findings, len(findings))
	}
	return verdict, findings
}

func whole(t testing.TB, path string, records uint64) audit.Verdict {
	t.Helper()
	verdict, findings := verify(t, audit.Files([]string{path}), audit.Expectation{})
	if len(findings) > 0 || verdict.Records != records || verdict.Last.N != records {
		t.Errorf("%s: %+v, findings %v; want %d whole records", path, verdict, findings, records)
	}
	return verdict
}

func TestARecordSaysWhatWasDoneAndNothingOfProfiles(t *testing.T) {
	t.Parallel()
	path := filled(t, 1)
	want := `{"n":1,"prev":"` + strings.Repeat("0", 64) + `","kind":"done","call":"call1","when":"2026-03-01T08:30:15.123Z","org":"acme.okta.com",` +
		`"caller":"stdio","client":"client 0","client_version":"1.2","tool":"delete_group","effect":"destructive","raised":true,` +
		`"targets":[{"type":"group","id":"00g1","within":"00w1"}],"arguments_sha256":"` + strings.Repeat("a", 64) + `",` +
		`"rule":"policy.yaml:12 typed","asker":"client","question_sha256":"` + strings.Repeat("b", 64) + `","consent":"client","answer":"decline",` +
		`"requests":[{"method":"DELETE","path":"/api/v1/groups/00g1","status":204,"request_id":"req1"}],` +
		`"more_requests":0,"outcome":"ok","ms":1,"missed":0}`
	if got := readLines(t, path)[0]; got != want {
		t.Errorf("the record is\n%s\nwant\n%s", got, want)
	}
}

func TestWhatIsRecordedBeforeACall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		effect  tools.Effect
		consent string
		want    int
	}{
		{"a read", tools.Read, "", 0},
		{"a write that asked nobody", tools.Write, "", 1},
		{"a write that asked", tools.Write, "client", 1},
		{"a destructive call", tools.Destructive, "terminal", 1},
		{"a privileged call", tools.Privileged, "pre-approval", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "audit.jsonl")
			e := event("x")
			e.Effect, e.Consent.By = c.effect, c.consent
			if err := open(t, path, 0).Before(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if got := strings.Count(string(text), `"kind":"intent"`); err != nil || got != c.want {
				t.Errorf("%d intents, %v; want %d", got, err, c.want)
			}
		})
	}
}

func TestTextsOfOthersAreCutAndListsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	e := event(strings.Repeat("ü", 100_000) + "\n\x1b[31m")
	e.Caller.ClientVersion = "1\n2\x1b\xff"
	for range 5000 {
		e.Requests = append(e.Requests, tools.Sent{Method: "GET", Path: "/api/v1/" + strings.Repeat("x", 5000)})
		e.Targets = append(e.Targets, confirm.Target{ID: strings.Repeat("y", 5000)})
	}
	r := open(t, path, 0)
	if err := errors.Join(r.Before(t.Context(), e), r.After(t.Context(), e)); err != nil {
		t.Fatal(err)
	}
	whole(t, path, 2)
	if got := readLines(t, path); strings.Contains(got[1], "\x1b") || !strings.Contains(got[1], `"more_requests":4801`) {
		t.Errorf("the record is %.2000s", got[1])
	}
}

func TestCallersWhoBeginAlikeAreToldApart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	r := open(t, path, 0)
	alike := "oauth:https://acme.okta.com/oauth2/default " + strings.Repeat("a", 400)
	callers := []string{alike, alike + "b", strings.Repeat(alike, 10), strings.Repeat(alike, 10) + "b"}
	for _, caller := range callers {
		e := event("client")
		e.Caller.ID = caller
		if err := r.After(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	lineOf := map[string]int{}
	for i, line := range readLines(t, path) {
		caller := gjson.Get(line, "caller").String()
		if before := lineOf[caller]; before > 0 {
			t.Errorf("records %d and %d are of two callers, and name the same: %.300s", before, i+1, caller)
		}
		if lineOf[caller] = i + 1; i < 2 && caller != callers[i] {
			t.Errorf("the caller is recorded as %q; --caller finds it only as it is, %q", caller, callers[i])
		}
	}
	if len(lineOf) == 0 {
		t.Error("nothing was recorded")
	}
}

func TestAFileThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	path := filled(t, 1)
	for mode, refused := range map[os.FileMode]bool{0o600: false, 0o644: true, 0o640: true, 0o620: true, 0o606: true, 0o700: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := audit.Open(audit.Options{Path: path, Logger: slog.New(slog.DiscardHandler)})
		if errors.Is(err, audit.ErrUnsafe) != refused || refused && !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %o: %v; refused should be %v, with how to mend it", mode, err, refused)
		}
	}
}

func TestAFileThatBecomesReadableForOthersIsAProblem(t *testing.T) {
	t.Parallel()
	path := filled(t, 1)
	r := open(t, path, 0)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.Before(t.Context(), event("x")); err == nil || r.Problem() == nil {
		t.Error("the record went on in a file that others can read")
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Before(t.Context(), event("x")); err != nil || r.Problem() != nil {
		t.Errorf("mended, and still: %v, %v", err, r.Problem())
	}
	if got := readLines(t, path); len(got) != 2 || !strings.Contains(got[1], `"missed":1}`) {
		t.Errorf("the record does not say that one was missed: %s", got)
	}
}

func TestANewFileIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	info, err := os.Stat(filled(t, 1))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestOnlyRegularFilesAreFollowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	real := filled(t, 1)
	for name, target := range map[string]string{"good": real, "dangling": dir + "/nothing", "device": "/dev/null", "directory": dir} {
		link := filepath.Join(dir, name)
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
		_, err := audit.Open(audit.Options{Path: link, Logger: slog.New(slog.DiscardHandler)})
		if (name == "good") != (err == nil) || err != nil && !errors.Is(err, audit.ErrUnsafe) {
			t.Errorf("a symlink to %s: %v", name, err)
		}
	}
	if _, err := audit.Open(audit.Options{Path: dir, Logger: slog.New(slog.DiscardHandler)}); !errors.Is(err, audit.ErrUnsafe) {
		t.Errorf("a directory: %v", err)
	}
	if _, err := os.Stat(dir + "/nothing"); err == nil {
		t.Error("a file was made through a dangling symlink")
	}
}

func TestASymlinkRotatesWhereItsTargetIs(t *testing.T) {
	t.Parallel()
	target := filled(t, 1)
	link := filepath.Join(t.TempDir(), "link.jsonl")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	appendTo(t, link, 4096, 9)
	if _, err := os.Stat(target + ".1"); err != nil {
		t.Errorf("nothing was rotated beside the target: %v", err)
	}
	whole(t, link, 10)
	whole(t, target, 10)
}

func appendTo(t testing.TB, path string, maxBytes, count int) {
	t.Helper()
	r := open(t, path, maxBytes)
	for range count {
		if err := r.After(t.Context(), event("x")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRotationKeepsTheChainAndDeletesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	for range 3 { // as after restarts
		appendTo(t, path, 4096, 20)
	}
	files := audit.Files([]string{path})
	if len(files) < 10 {
		t.Fatalf("60 records in %d files of 4096 bytes", len(files))
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || info.Size() > 4096 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want at most 4096 bytes, for its owner alone", name, info, err)
		}
	}
	whole(t, path, 60)
	shuffled := append([]string{path}, files[:len(files)-1]...)
	if _, findings := verify(t, audit.Files(shuffled), audit.Expectation{}); len(findings) > 0 {
		t.Errorf("as a shell lists the files: %v", findings)
	}
	if err := os.Remove(path + ".3"); err != nil {
		t.Fatal(err)
	}
	if _, findings := verify(t, audit.Files([]string{path, path + ".1", path + ".2", path + ".4"}), audit.Expectation{}); len(findings) == 0 {
		t.Error("a file taken out of the middle is not missed")
	}
}

func TestARecordThatIsArchivedGoesOnFromItsLastHash(t *testing.T) {
	t.Parallel()
	path := filled(t, 3)
	last := whole(t, path, 3).Last
	if err := os.Rename(path, path+".1"); err != nil { // as a rotation cut off before the new file
		t.Fatal(err)
	}
	appendTo(t, path, 0, 2)
	whole(t, path, 5)
	if verdict, findings := verify(t, []string{path}, audit.Expectation{After: last.Hash}); len(findings) > 0 || verdict.First != 4 {
		t.Errorf("after the archived file: %+v, %v", verdict, findings)
	}
	if _, findings := verify(t, []string{path}, audit.Expectation{}); len(findings) != 1 || findings[0].Line != 1 || !strings.Contains(findings[0].Problem, "records 1 to 3") {
		t.Errorf("without the archived file: %v", findings)
	}
	if _, findings := verify(t, []string{path}, audit.Expectation{After: strings.Repeat("1", 64)}); len(findings) == 0 {
		t.Error("any hash does for --after")
	}
}

func TestTheRunningProcessSeesThatItsFileWasCut(t *testing.T) {
	t.Parallel()
	path := filled(t, 0)
	r := open(t, path, 0)
	record := func() {
		t.Helper()
		if err := r.After(t.Context(), event("x")); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		record()
	}
	all := readLines(t, path)
	if err := os.WriteFile(path, []byte(strings.Join(all[:3], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	record()
	_, findings := verify(t, []string{path}, audit.Expectation{})
	if len(findings) != 1 || findings[0].Line != 4 || !strings.Contains(findings[0].Problem, "records 4 to 5") {
		t.Errorf("after two records were cut off: %v", findings)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	record()
	if _, findings := verify(t, []string{path}, audit.Expectation{}); len(findings) != 1 || !strings.Contains(findings[0].Problem, "records 1 to 6") {
		t.Errorf("after the file was deleted: %v", findings)
	}
}

// A power cut can leave half a line. It stays, is named, and the chain goes on.
func TestHalfALineAtTheEndIsNamedAndTheChainGoesOn(t *testing.T) {
	t.Parallel()
	all := readLines(t, filled(t, 3))
	for name, rest := range map[string]string{
		"half a record": all[2][:100], "a few bytes": all[2][:3], "zeros": strings.Repeat("\x00", 20_000), "a whole record without its end": strings.TrimSpace(all[2]),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, all[0]+all[1]+rest)
			appendTo(t, path, 0, 2)
			verdict, findings := verify(t, []string{path}, audit.Expectation{})
			if verdict.Records != 5 {
				t.Errorf("%d lines, want 5", verdict.Records)
			}
			if name == "a whole record without its end" {
				if len(findings) > 0 {
					t.Errorf("its end was added: %v", findings)
				}
				return
			}
			if len(findings) != 1 || findings[0].Line != 3 {
				t.Errorf("findings %v, want line 3 and nothing else", findings)
			}
		})
	}
}

func TestAFileThatIsNoRecordIsNotAddedTo(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("root:x:0:0\n", 100_000)
	path := writeFile(t, text)
	r, change := open(t, path, 0), event("x")
	if change.Effect, change.Consent.By = tools.Write, ""; r.Before(t.Context(), change) == nil {
		t.Error("a change goes on that cannot be recorded")
	}
	if r.After(t.Context(), event("x")) == nil || r.Problem() == nil {
		t.Error("a record was added to something else")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("the file was changed (%v)", err)
	}
}

func TestProcessesShareAFile(t *testing.T) {
	t.Parallel()
	const processes, each = 3, 200
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	var group sync.WaitGroup
	for range processes {
		command := exec.Command(os.Args[0], path)
		command.Env = append(os.Environ(), appendVariable+"="+strconv.Itoa(each))
		group.Go(func() {
			if said, err := command.CombinedOutput(); err != nil {
				t.Errorf("a process: %v\n%s", err, said)
			}
		})
	}
	group.Wait()
	whole(t, path, processes*each)
}

func TestCallsAtOnceDoNotBreakTheChain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	recorders := []*audit.Recorder{open(t, path, 4096), open(t, path, 4096)}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 25 {
				if err := recorders[i%2].After(t.Context(), event("x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	whole(t, path, 200)
}

func TestWhatCannotBeWrittenRefusesChangesUntilItCan(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "missing", "audit.jsonl")
	var said bytes.Buffer
	r, err := audit.Open(audit.Options{Path: path, Logger: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatalf("a missing directory must not keep the server from starting: %v", err)
	}
	read, write, confirmed := event("x"), event("x"), event("x")
	read.Effect, write.Effect, write.Consent.By = tools.Read, tools.Write, ""
	for range 2 {
		if err := r.Before(t.Context(), read); err != nil {
			t.Errorf("a read is refused: %v", err)
		}
		for _, e := range []tools.Event{write, confirmed} {
			if err := r.Before(t.Context(), e); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("a %s call is not refused with the file's name: %v", e.Effect, err)
			}
		}
	}
	if strings.Count(said.String(), "level=ERROR") != 1 {
		t.Errorf("the log says, where once is enough:\n%s", &said)
	}
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := r.Before(t.Context(), write); err != nil || r.Problem() != nil {
		t.Errorf("it can be written again, and still: %v", err)
	}
	if !strings.Contains(said.String(), "is written again") {
		t.Errorf("the log does not say that it is written again:\n%s", &said)
	}
	var first audit.Record
	if err := json.Unmarshal([]byte(readLines(t, path)[0]), &first); err != nil || first.Kind != audit.Intent || first.Missed != 4 {
		t.Errorf("the first record is %+v, %v; want an intent that says 4 were missed", first, err)
	}
	whole(t, path, 1)
}
