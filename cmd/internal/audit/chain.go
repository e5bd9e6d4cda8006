package audit

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Files puts the files of a chain into its order, oldest first: PATH.2, PATH.1,
// PATH. A PATH alone stands for all of them. Files of several names stay in the
// order given.
func Files(given []string) []string {
	if len(given) == 1 {
		if _, n := split(given[0]); n == 0 {
			return withEarlier(resolved(given[0]))
		}
	}
	first, _ := split(given[0])
	if slices.ContainsFunc(given, func(name string) bool { base, _ := split(name); return base != first }) {
		return given
	}
	sorted := slices.Clone(given)
	slices.SortStableFunc(sorted, func(a, b string) int {
		_, m := split(a)
		_, n := split(b)
		return cmp.Compare(n, m)
	})
	return sorted
}

func withEarlier(path string) []string {
	all := []string{path}
	for n := 1; exists(numbered(path, n)); n++ {
		all = append(all, numbered(path, n))
	}
	slices.Reverse(all)
	return all
}

// split takes the number off a file's name; 0: it has none.
func split(name string) (base string, n int) {
	suffix := filepath.Ext(name)
	n, err := strconv.Atoi(strings.TrimPrefix(suffix, "."))
	if err != nil || n < 1 {
		return name, 0
	}
	return strings.TrimSuffix(name, suffix), n
}

// Read calls yield with every record of the files, and bad with every line that
// is none.
func Read(files []string, yield func(Record) error, bad func(Finding)) error {
	for _, name := range files {
		if err := readFile(name, yield, bad); err != nil {
			return err
		}
	}
	return nil
}

func readFile(name string, yield func(Record) error, bad func(Finding)) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("reading the record: %w", err)
	}
	defer f.Close()
	for l := newLines(f); ; {
		line, _, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the record: %w", err)
		}
		var r Record
		if _, _, ok := head(line); !ok || json.Unmarshal(line, &r) != nil {
			bad(Finding{File: name, Line: l.number, Problem: "not a whole record"})
			continue
		}
		if err := yield(r); err != nil {
			return err
		}
	}
}
