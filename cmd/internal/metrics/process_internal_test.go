package metrics

import (
	"os"
	"testing"
)

func TestProcessorAndMemoryAreReadAsLinuxWritesThem(t *testing.T) {
	t.Parallel()
	const after = " S 1 2 3 4 5 6 7 8 9 10 1234 66 13 14 15 16 17 18 19 20 2048 22 23"
	for stat, known := range map[string]bool{
		"42 (okta-mcp)" + after:       true,
		"42 (x) R 9 9 (y) z)" + after: true, // a program may be called anything
		"42 (okta-mcp) S 1 2 3":       false,
		"42 (okta-mcp) S 1 2 3 4 5 6 7 8 9 10 some 66 13 14 15 16 17 18 19 20 2048": false,
		"": false,
	} {
		cpu, resident, ok := readStat([]byte(stat))
		if ok != known || ok && (cpu != 13 || resident != float64(2048*os.Getpagesize())) {
			t.Errorf("%q: %v s, %v bytes, %v; want 13 s and 2048 pages: %v", stat, cpu, resident, ok, known)
		}
	}
}
