package demoorg

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
)

const (
	// deviceLife is how long a person has to enter a code.
	deviceLife = 10 * time.Minute
	// pollEvery is how often a device may ask; asking sooner adds slowDown to it.
	// RFC 8628 section 3.5.
	pollEvery = 5 * time.Second
	slowDown  = 5 * time.Second

	// userCodeLetters spell no words. RFC 8628 section 6.1.
	userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeLength  = 8
)

// deviceGrant is one device that waits for a person, RFC 8628.
type deviceGrant struct {
	client   *client
	userCode string
	scopes   scopes
	expires  time.Time
	interval time.Duration
	polled   time.Time // when it asked last
	userID   string    // who said yes
	approved time.Time
	denied   bool
}

type deviceCodes struct {
	DeviceCode      string `json:"device_code"`
	UserCode        string `json:"user_code"`
	VerificationURI string `json:"verification_uri"`
	CompleteURI     string `json:"verification_uri_complete"`
	ExpiresIn       int    `json:"expires_in"`
	Interval        int    `json:"interval"`
}

// authorizeDevice gives a device its codes.
func (o *Org) authorizeDevice(f *form) (any, error) {
	c, err := o.clientOf(f)
	if err != nil {
		return nil, err
	}
	if err := c.mayUse(deviceCode); err != nil {
		return nil, err
	}
	asked, err := askedScopes(f.Get("scope"), true)
	if err != nil {
		return nil, err
	}
	g := &deviceGrant{client: c, userCode: o.tokens.newUserCode(), scopes: asked, expires: f.now.Add(deviceLife), interval: pollEvery}
	code := newUUID()
	o.tokens.devices[code] = g
	return &deviceCodes{
		DeviceCode: code, UserCode: g.userCode, VerificationURI: f.base + activatePath,
		CompleteURI: f.base + activatePath + "?user_code=" + g.userCode,
		ExpiresIn:   int(deviceLife.Seconds()), Interval: int(pollEvery.Seconds()),
	}, nil
}

// tokenForDevice answers one poll of a device.
func (o *Org) tokenForDevice(f *form, c *client, key string) (any, error) {
	code := f.Get("device_code")
	g := o.tokens.devices[code]
	if g == nil || g.client != c {
		return nil, badGrant("invalid_grant", "The device code is invalid or has expired.")
	}
	hasty := !g.polled.IsZero() && f.now.Sub(g.polled) < g.interval
	g.polled = f.now
	switch {
	case !f.now.Before(g.expires):
		return nil, badGrant("expired_token", "The device code has expired.")
	case hasty:
		g.interval += slowDown
		return nil, badGrant("slow_down", "The device polls too often. Wait five seconds longer between requests.")
	case g.denied:
		return nil, badGrant("access_denied", "The resource owner denied the request.")
	case g.userID == "":
		return nil, badGrant("authorization_pending", "The device authorization is pending. Please try again later.")
	}
	allowed, err := c.allowed(g.scopes)
	if err != nil {
		return nil, err
	}
	delete(o.tokens.devices, code)
	of := &signIn{client: c, userID: g.userID, scopes: allowed, at: g.approved, key: key}
	if !o.lasts(of) {
		return nil, badGrant("access_denied", "The resource owner cannot sign in.")
	}
	return o.tokensOf(of, allowed, f)
}

// waiting is the device that waits for a person to enter the user code, however
// they write it; nil when none does.
func (t *tokenServer) waiting(userCode string, now time.Time) *deviceGrant {
	userCode = strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, userCode))
	for _, g := range t.devices {
		if g.userCode == userCode && g.userID == "" && !g.denied && now.Before(g.expires) {
			return g
		}
	}
	return nil
}

// newUserCode makes a code that no device shows.
func (t *tokenServer) newUserCode() string {
	for {
		var raw [userCodeLength]byte
		_, _ = rand.Read(raw[:]) // it never fails
		for i, b := range raw {
			raw[i] = userCodeLetters[int(b)%len(userCodeLetters)]
		}
		code := string(raw[:])
		taken := false
		for _, g := range t.devices {
			taken = taken || g.userCode == code
		}
		if !taken {
			return code
		}
	}
}

// newUUID is a random UUID, which Okta's device codes are.
func newUUID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // it never fails
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	text := hex.EncodeToString(raw[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}
