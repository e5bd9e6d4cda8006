package demoorg

import (
	"fmt"
	"net/http"
	"strings"
)

// tag is the ETag of a user as they are now: another after every change.
func (o *Org) tag(u *user) string {
	return fmt.Sprintf(`"%016x"`, mix(o.seed, 'v', uint64(u.seq)<<32|uint64(u.version)))
}

// userAnswer is one user, with the ETag that If-Match can hold them to.
func (o *Org) userAnswer(u *user, c *call) (answer, error) {
	header := http.Header{}
	header.Set("ETag", o.tag(u))
	return answer{status: http.StatusOK, body: o.fullUserDoc(u, c.base), header: header}, nil
}

// stillMatches refuses a call whose If-Match names other versions only.
func (c *call) stillMatches(tag string) error {
	wanted := c.header.Get("If-Match")
	if wanted == "" {
		return nil
	}
	for one := range strings.SplitSeq(wanted, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == "*" || one == tag {
			return nil
		}
	}
	return &apiError{
		status: http.StatusPreconditionFailed, code: "E0000231",
		summary: "The ETag value provided in the If-Match header doesn't match the current value.",
	}
}
