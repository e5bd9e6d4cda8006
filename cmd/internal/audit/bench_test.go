package audit_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-mcp/cmd/internal/audit"
	"okta-mcp/confirm"
	"okta-mcp/tools"
)

// BenchmarkRecord is what recording costs a call: one line after a read, one
// after an unasked write that was probed before, and for a confirmed call an
// intent that is on the disk, and a line after it.
func BenchmarkRecord(b *testing.B) {
	for _, c := range []struct {
		name    string
		effect  tools.Effect
		consent string
	}{{"read", tools.Read, ""}, {"write", tools.Write, ""}, {"confirmed", tools.Destructive, "client"}} {
		b.Run(c.name, func(b *testing.B) {
			r := open(b, filepath.Join(b.TempDir(), "audit.jsonl"), 0)
			e := event("bench")
			e.Effect, e.Consent = c.effect, confirm.Consent{By: c.consent}
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if err := r.Before(b.Context(), e); err != nil {
					b.Fatal(err)
				}
				if err := r.After(b.Context(), e); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "µs-p50")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "µs-p99")
		})
	}
}

// BenchmarkVerify reads a chain of a million records.
func BenchmarkVerify(b *testing.B) {
	const count = 1_000_000
	path := million(b, count)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		verdict, err := audit.Verify([]string{path}, audit.Expectation{}, func(f audit.Finding) { b.Error(f) }, func(uint64) {})
		if err != nil || verdict.Last.N != count {
			b.Fatalf("%+v, %v", verdict, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/record")
}

// million writes the chain past the recorder, which would take a minute.
func million(b *testing.B, count uint64) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "audit.jsonl")
	var r audit.Record
	if err := json.Unmarshal([]byte(readLines(b, filled(b, 1))[0]), &r); err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriterSize(f, 1<<20)
	r.Prev = strings.Repeat("0", 64)
	for r.N = 1; r.N <= count; r.N++ {
		line, err := json.Marshal(r)
		if err != nil {
			b.Fatal(err)
		}
		sum := sha256.Sum256(line)
		r.Prev = hex.EncodeToString(sum[:])
		if _, err := out.Write(append(line, '\n')); err != nil {
			b.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}
