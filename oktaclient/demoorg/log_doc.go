package demoorg

import (
	"fmt"
	"time"
)

// Documents of the System Log.
type (
	logDoc struct {
		Actor          *entityDoc     `json:"actor"`
		Client         clientDoc      `json:"client"`
		Device         any            `json:"device"`
		Authentication authContextDoc `json:"authenticationContext"`
		Message        string         `json:"displayMessage"`
		EventType      string         `json:"eventType"`
		Outcome        outcomeDoc     `json:"outcome"`
		Published      string         `json:"published"`
		Security       securityDoc    `json:"securityContext"`
		Severity       string         `json:"severity"`
		Debug          debugDoc       `json:"debugContext"`
		Legacy         *string        `json:"legacyEventType"`
		Transaction    transactionDoc `json:"transaction"`
		UUID           string         `json:"uuid"`
		Version        string         `json:"version"`
		Request        requestDoc     `json:"request"`
		Target         []entityDoc    `json:"target"`
	}
	entityDoc struct {
		ID        string            `json:"id"`
		Type      string            `json:"type"`
		Alternate string            `json:"alternateId"`
		Name      string            `json:"displayName"`
		Detail    map[string]string `json:"detailEntry"`
	}
	clientDoc struct {
		UserAgent userAgentDoc `json:"userAgent"`
		Zone      string       `json:"zone"`
		Device    string       `json:"device"`
		ID        *string      `json:"id"`
		IP        string       `json:"ipAddress"`
		Place     placeDoc     `json:"geographicalContext"`
	}
	userAgentDoc struct {
		Raw     string `json:"rawUserAgent"`
		OS      string `json:"os"`
		Browser string `json:"browser"`
	}
	placeDoc struct {
		City     string      `json:"city"`
		State    *string     `json:"state"`
		Country  string      `json:"country"`
		Postal   *string     `json:"postalCode"`
		Location locationDoc `json:"geolocation"`
	}
	locationDoc struct {
		Lat float64 `json:"lat"`
		Lon float64 `json:"lon"`
	}
	authContextDoc struct {
		Provider        *string `json:"authenticationProvider"`
		Credential      *string `json:"credentialProvider"`
		CredentialType  *string `json:"credentialType"`
		Issuer          *string `json:"issuer"`
		Interface       *string `json:"interface"`
		Step            int     `json:"authenticationStep"`
		RootSession     string  `json:"rootSessionId"`
		ExternalSession string  `json:"externalSessionId"`
	}
	outcomeDoc struct {
		Result string  `json:"result"`
		Reason *string `json:"reason"`
	}
	securityDoc struct {
		Number int     `json:"asNumber"`
		Org    string  `json:"asOrg"`
		ISP    string  `json:"isp"`
		Domain *string `json:"domain"`
		Proxy  bool    `json:"isProxy"`
	}
	debugDoc struct {
		Data map[string]string `json:"debugData"`
	}
	transactionDoc struct {
		Type   string   `json:"type"`
		ID     string   `json:"id"`
		Detail struct{} `json:"detail"`
	}
	requestDoc struct {
		Chain []hopDoc `json:"ipChain"`
	}
	hopDoc struct {
		IP      string   `json:"ip"`
		Place   placeDoc `json:"geographicalContext"`
		Version string   `json:"version"`
		Source  any      `json:"source"`
	}
)

// orNull is nil for "".
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// logDoc is the event with that number as the API shows it.
func (o *Org) logDoc(number int) logDoc {
	e := numbered{&o.log.events[number-o.log.dropped], number, o.seed}
	actor, from, where := e.actor.doc(), e.from, e.from.place.doc()
	doc := logDoc{
		Actor: &actor,
		Client: clientDoc{
			UserAgent: userAgentDoc{from.agent.raw, from.agent.os, from.agent.browser},
			Zone:      "null", Device: from.agent.device, IP: from.address(), Place: where,
		},
		Authentication: authContextDoc{RootSession: e.sessionID(), ExternalSession: e.sessionID()},
		Message:        e.kind.message, EventType: e.kind.name, Outcome: outcomeDoc{e.result, orNull(e.reason)},
		Published: time.UnixMilli(e.at).UTC().Format(stampLayout),
		Security: securityDoc{
			from.place.net.number, from.place.net.org, from.place.net.isp, orNull(from.place.net.domain), from.place.net.proxy,
		},
		Severity: e.severity(), Debug: debugDoc{map[string]string{}}, Legacy: orNull(e.legacy()),
		Transaction: transactionDoc{Type: "WEB", ID: e.requestID()}, UUID: e.uuid(), Version: "0",
		Request: requestDoc{[]hopDoc{{IP: from.address(), Place: where, Version: "V4"}}},
	}
	if e.kind.name == "user.authentication.auth_via_mfa" {
		doc.Authentication.Provider, doc.Authentication.Credential = orNull("FACTOR_PROVIDER"), orNull("OKTA_CREDENTIAL_PROVIDER")
	}
	for _, d := range e.debugData() {
		doc.Debug.Data[d.name] = d.value
	}
	for _, t := range e.targets {
		doc.Target = append(doc.Target, t.doc())
	}
	return doc
}

func (t logEntity) doc() entityDoc { return entityDoc{t.id, t.kind, t.alternate, t.name, t.detail} }

func (p *logPlace) doc() placeDoc {
	return placeDoc{p.city, orNull(p.state), p.country, orNull(p.postal), locationDoc{p.lat, p.lon}}
}

// debugData is what the event kept and what every event has.
func (e numbered) debugData() []debugDatum {
	common := []debugDatum{{"requestId", e.requestID()}, {"requestUri", e.uri}, {"url", e.uri + "?"}, {"threatSuspected", "false"}}
	return append(common, e.debug...)
}

// uuid names the event.
func (e numbered) uuid() string {
	a, b := mix(e.seed, 'u', uint64(e.number)), mix(e.seed, 'U', uint64(e.number))
	return fmt.Sprintf("%08x-%04x-11f1-%04x-%012x", a>>32, a>>16&0xffff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

// liveRequest marks the number of a request that was made, and not made up.
const liveRequest = 1 << 63

// requestID names the request the event belongs to, as its answer did.
func (e numbered) requestID() string {
	if e.request&liveRequest != 0 {
		return requestID(e.seed, e.request&^liveRequest)
	}
	return e.letters('q', e.request)
}

// sessionID names the session, "unknown" before there is one.
func (e numbered) sessionID() string {
	if e.session == 0 {
		return "unknown"
	}
	return "102" + e.letters('x', e.session)
}

// letters is the n-th opaque text of a kind, 22 characters of base 62.
func (e numbered) letters(kind rune, n uint64) string {
	text := make([]byte, 22)
	for i := range text {
		if i%11 == 0 {
			n = mix(e.seed, kind+rune(i), n)
		}
		text[i] = base62[n>>(5*(i%11))%62]
	}
	return string(text)
}
