package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// lines reads a file line by line in constant memory.
type lines struct {
	from   *bufio.Reader
	number int // of the line that next has returned
}

func newLines(r io.Reader) *lines { return &lines{from: bufio.NewReaderSize(r, maxLine)} }

// next returns a line without its end, good until the next call, and io.EOF after
// the last. whole is false for a line without an end, and for one longer than a
// record can be, of which only the beginning is returned.
func (l *lines) next() (line []byte, whole bool, err error) {
	line, err = l.from.ReadSlice('\n')
	switch {
	case err == nil:
		l.number++
		return line[:len(line)-1], true, nil
	case errors.Is(err, io.EOF) && len(line) > 0:
		l.number++
		return line, false, nil
	case !errors.Is(err, bufio.ErrBufferFull):
		return nil, false, err
	}
	l.number++
	beginning := bytes.Clone(line[:min(len(line), 200)])
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = l.from.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	return beginning, false, nil
}

// tailWindow is read first for the last record, and maxLine twice where that is
// not enough.
const tailWindow = 8 << 10

// tail returns the last record of a file that is not empty. Lines that are no
// record count as one each; whole is false where the last has no end.
func tail(f io.ReaderAt, size int64) (last Anchor, whole bool, err error) {
	for _, window := range []int64{tailWindow, 2 * maxLine} {
		window = min(window, size)
		end := make([]byte, window)
		if _, err := f.ReadAt(end, size-window); err != nil {
			return last, false, fmt.Errorf("reading the last record: %w", err)
		}
		end, whole = bytes.CutSuffix(end, []byte("\n"))
		all := bytes.Split(end, []byte("\n"))
		if window < size {
			all = all[1:] // it begins before the window
		}
		after := uint64(0)
		for _, line := range slices.Backward(all) {
			if n, _, ok := head(line); ok {
				return Anchor{N: n + after, Hash: hashOf(all[len(all)-1])}, whole, nil
			}
			after++
		}
	}
	return last, false, errors.New("the file ends with what is no record; see it with okta-mcp audit verify, and move it away")
}
