package confirm_test

import (
	"strings"
	"testing"

	"okta-mcp/confirm"
)

// FuzzSeal presents what an agent might make up: text, and changed copies of a
// seal that is open. Only the seal itself is good.
func FuzzSeal(f *testing.F) {
	f.Add("", uint16(0), byte(0))
	f.Add("approved", uint16(3), byte(1))
	f.Add(".", uint16(30), byte(0x20))
	f.Add("eyJhbGciOiJub25lIn0.e30", uint16(69), byte(0x80))
	f.Fuzz(func(t *testing.T, text string, at uint16, flip byte) {
		g, _ := gate(later())
		seal := sealOf(t, g, deactivate())
		changed := []byte(seal)
		changed[int(at)%len(changed)] ^= flip
		nonce, mac, _ := strings.Cut(seal, ".")
		for _, forged := range []string{
			text, text + seal, seal + text, text + "." + mac, nonce + "." + text, nonce, mac + "." + nonce, string(changed),
			strings.ToUpper(seal), strings.ToLower(seal), strings.Replace(seal, ".", text, 1), " " + seal, seal + "=",
		} {
			if forged == seal {
				continue
			}
			_, err := g.Redeem(deactivate(), confirm.Ticket{Seal: forged, Reply: yes()})
			mustRefuse(t, err, "forged")
		}
		mustConsent(t, g, deactivate(), ticket(seal, yes()))
	})
}
