package demoorg

import "time"

// stamp is an instant in seconds since 1970, as fine as Okta tells users' and
// groups' times. The zero stamp is JSON null.
type stamp int64

const stampLayout = "2006-01-02T15:04:05.000Z"

func stampOf(t time.Time) stamp { return stamp(t.Unix()) }

func (s stamp) time() time.Time { return time.Unix(int64(s), 0).UTC() }

func (s stamp) String() string { return s.time().Format(stampLayout) }

// MarshalJSON writes the instant with milliseconds, or null.
func (s stamp) MarshalJSON() ([]byte, error) {
	if s == 0 {
		return []byte("null"), nil
	}
	b := make([]byte, 0, len(stampLayout)+2)
	b = append(b, '"')
	b = s.time().AppendFormat(b, stampLayout)
	return append(b, '"'), nil
}
