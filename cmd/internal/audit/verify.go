package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Expectation is what is known of a chain from elsewhere.
type Expectation struct {
	After string // hash of the record before the first; empty: the chain begins here
	Last  string // hash of the record that was last when somebody noted it; empty: not known
}

// Finding is damage at one line.
type Finding struct {
	File    string
	Line    int
	Problem string
}

func (f Finding) String() string {
	if f.Line == 0 { // of all the files, which are empty
		return f.Problem
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Problem)
}

// Verdict is what a verification came to.
type Verdict struct {
	Records  uint64
	First    uint64 // number of the first record
	Last     Anchor
	Since    uint64 // records after the one expected last
	Findings int
}

// Verify reads the files as one chain, in the order given, and tells found of all
// that does not fit, and far of how many lines it has read. An error means that a
// file could not be read.
func Verify(files []string, expected Expectation, found func(Finding), far func(lines uint64)) (Verdict, error) {
	v := &verifier{expected: expected, found: found, far: far, last: Anchor{Hash: genesis}, seen: expected.Last == ""}
	if expected.After != "" {
		v.last.Hash = expected.After
		v.seen = v.seen || expected.After == expected.Last
	}
	for _, name := range files {
		if err := v.file(name); err != nil {
			return v.verdict, fmt.Errorf("reading the record: %w", err)
		}
	}
	v.end()
	v.verdict.Last = v.last
	return v.verdict, nil
}

type verifier struct {
	expected Expectation
	found    func(Finding)
	far      func(lines uint64)
	verdict  Verdict

	last    Anchor  // as the lines so far have it
	at      Finding // where last is, without a problem
	damaged bool    // the line at last is no record
	seen    bool    // the record expected last
}

func (v *verifier) file(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	for l := newLines(f); ; {
		line, whole, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		v.line(Finding{File: name, Line: l.number}, line, whole)
	}
}

func (v *verifier) line(at Finding, line []byte, whole bool) {
	v.verdict.Records++
	v.far(v.verdict.Records)
	n, prev, ok := head(line)
	if !ok || !whole {
		v.tell(at, "not a whole record: it was cut off or changed")
	}
	if ok {
		v.link(at, n, prev)
	} else {
		n = v.last.N + 1
	}
	if v.verdict.Records == 1 {
		v.verdict.First = n
	}
	v.last, v.at, v.damaged = Anchor{N: n, Hash: hashOf(line)}, at, !ok
	if v.seen {
		v.verdict.Since++
	}
	v.seen = v.seen || v.last.Hash == v.expected.Last
}

// link compares a record with the line before it.
func (v *verifier) link(at Finding, n uint64, prev string) {
	next := v.last.N + 1
	first := v.verdict.Records == 1
	switch linked := prev == v.last.Hash; {
	case linked && (n == next || first && v.expected.After != ""):
	case first && v.expected.After != "":
		v.tell(at, fmt.Sprintf("record %d does not follow the one that --after names", n))
	case v.damaged && (n == next || n == v.last.N): // told already; the damaged line may have replaced a record or come between
	case linked:
		v.tell(at, fmt.Sprintf("changed: its number is %d where %d follows", n, next))
	case n == next && first:
		v.tell(at, "changed: the first record follows no other, and it names one")
	case n == next:
		v.tell(v.at, fmt.Sprintf("changed: its hash is not the one that record %d names", n))
	case n > next:
		v.tell(at, fmt.Sprintf("missing before it: %s", span(next, n-1)))
	default:
		v.tell(at, fmt.Sprintf("out of order: record %d stands after record %d", n, v.last.N))
	}
}

func span(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("record %d", from)
	}
	return fmt.Sprintf("records %d to %d", from, to)
}

// end says whether the record expected last has come.
func (v *verifier) end() {
	if !v.seen {
		v.tell(v.at, "the record expected last is not there: the end was cut off, or something was changed")
	}
	if v.expected.Last == "" {
		v.verdict.Since = 0
	}
}

func (v *verifier) tell(at Finding, problem string) {
	v.verdict.Findings++
	at.Problem = problem
	v.found(at)
}
