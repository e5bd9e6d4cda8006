package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts okta-mcp into the PATH: the test binary under another name, which
// runs main. Scripts and the tests that hold the program by its pipes share it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"okta-mcp": main})
}
