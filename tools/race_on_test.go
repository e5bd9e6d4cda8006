//go:build race

package tools_test

// raced says that the race detector is built in, which takes its time.
const raced = true
