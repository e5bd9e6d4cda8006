package doctor

import (
	"context"
	"net/http"
	"time"
)

// How far the clock may be off. Okta refuses an assertion that was issued over
// five minutes in its future, and one that has run out.
const (
	warnSkew = time.Minute
	mendSkew = 5 * time.Minute
)

const setClock = "set this machine's clock by NTP: timedatectl set-ntp true on Linux, Date & Time in the settings of macOS and Windows"

// clock compares this machine's clock with the Date of the org's answer.
func (e *exam) clock(context.Context) Finding {
	date, err := http.ParseTime(e.answer.header.Get("Date"))
	if err != nil || e.answer.header.Get("Age") != "" {
		return warn("a proxy may be answering in the org's place, or dropping headers: "+checkProxies, "the org's answer does not tell its time")
	}
	off, ahead := skew(e.answer, date)
	off = off.Round(time.Second)
	where, refused := "behind", "assertions that have run out"
	if ahead {
		where, refused = "ahead of", "assertions issued in its future"
	}
	switch {
	case off >= mendSkew:
		return mend(setClock+". Sign-ins are corrected by Okta's time as far as its answers tell it; Okta refuses "+refused, "this machine's clock is %s %s Okta's", off, where)
	case off >= warnSkew:
		return warn(setClock, "this machine's clock is %s %s Okta's", off, where)
	case off < time.Second:
		return ok("this machine's clock agrees with Okta's")
	}
	return ok("this machine's clock is %s %s Okta's, which does no harm", off, where)
}

// skew is by how much this machine's clock is off at least. Date was written at
// some time of the round trip, and is cut to a second: both halves are forgiven.
func skew(got *answer, date time.Time) (off time.Duration, ahead bool) {
	const halfCut = time.Second / 2
	halfTrip := got.received.Sub(got.sent) / 2
	off = got.sent.Add(halfTrip).Sub(date.Add(halfCut))
	return max(0, off.Abs()-halfTrip-halfCut), off > 0
}
