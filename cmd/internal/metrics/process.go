package metrics

import (
	"bytes"
	"os"
	"runtime"
	runtimemetrics "runtime/metrics"
	"strconv"
	"time"
)

// writeProcess shows the process, under the names that dashboards know. What only
// Linux tells is left out elsewhere.
func writeProcess(t *text, began time.Time) {
	t.gauge("go_goroutines", "Goroutines there are.", float64(runtime.NumGoroutine()))
	heap := []runtimemetrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	runtimemetrics.Read(heap)
	if heap[0].Value.Kind() == runtimemetrics.KindUint64 {
		t.gauge("go_memstats_heap_alloc_bytes", "Bytes of the heap that objects take.", float64(heap[0].Value.Uint64()))
	}
	t.gauge("process_start_time_seconds", "When the server started, in seconds of the Unix epoch.", float64(began.UnixMilli())/1000)
	if stat, err := os.ReadFile("/proc/self/stat"); err == nil {
		if cpu, resident, ok := readStat(stat); ok {
			t.family("process_cpu_seconds_total", "counter", "Seconds of processor time that the process took.", values{"": cpu})
			t.gauge("process_resident_memory_bytes", "Bytes of memory that are resident.", resident)
		}
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		t.gauge("process_open_fds", "File descriptors that are open.", float64(len(open)-1)) // but for the one that lists them
	}
}

// readStat reads processor seconds and resident bytes of a process as Linux writes
// them: proc_pid_stat(5), fields 14, 15 and 24.
func readStat(stat []byte) (cpu, resident float64, ok bool) {
	const ticks = 100                                               // a second, on everything that Go runs on
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // from the third: the second is a name, which may hold anything
	if len(fields) < 22 {
		return 0, 0, false
	}
	user, err1 := strconv.ParseFloat(string(fields[14-3]), 64)
	system, err2 := strconv.ParseFloat(string(fields[15-3]), 64)
	pages, err3 := strconv.ParseFloat(string(fields[24-3]), 64)
	ok = err1 == nil && err2 == nil && err3 == nil
	return (user + system) / ticks, pages * float64(os.Getpagesize()), ok
}
