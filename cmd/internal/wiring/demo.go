package wiring

import (
	"time"

	"okta-mcp/cmd/internal/settings"
	"okta-mcp/oktaclient/demoorg"
)

// DemoOptions are those of the made-up org that the settings ask for. Its clock
// runs on from --demo-now, so that "the last seven days" are days of its history.
func DemoOptions(s settings.Settings) demoorg.Options {
	o := demoorg.Options{Size: s.DemoSize, Start: s.DemoNow}
	if !s.DemoNow.IsZero() {
		began := time.Now()
		o.Now = func() time.Time { return s.DemoNow.Add(time.Since(began)) }
	}
	return o
}
