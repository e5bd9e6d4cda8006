// Package audit is the record of what was done: a file of JSON lines that is only
// ever added to, in which each line carries the hash of the line before.
//
// Whoever changes, removes or moves a record breaks the chain, and Verify names
// the line. What a chain cannot show by itself is that its end was cut off, or
// that all of it was written anew: for that, somebody notes elsewhere the number
// and hash that a verification ends with. The package keeps no secret of its own,
// deletes nothing, and records neither what the arguments of a call were nor what
// a person was asked, only hashes of them.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"okta-mcp/confirm"
	"okta-mcp/tools"
)

// The kinds of record. An intent and its done have the same call; an intent
// without a done is a call that was cut off.
const (
	Intent = "intent" // written before a call that changes something
	Done   = "done"   // written when a call is over, also one that was refused
)

// Record is one line of the file. Every member is always there, so that a line
// reads the same way whatever was done.
type Record struct {
	N             uint64    `json:"n"`    // 1, 2, 3 … across all files of a chain
	Prev          string    `json:"prev"` // SHA-256 of the line before without its line end, in hex; 64 zeros in the first
	Kind          string    `json:"kind"`
	Call          string    `json:"call"` // tells calls apart; an intent and its done share it
	When          string    `json:"when"` // the beginning of the call, UTC, RFC 3339 with milliseconds
	Org           string    `json:"org"`  // its host
	Caller        string    `json:"caller"`
	Client        string    `json:"client"` // what the MCP client calls itself, cut to 200 bytes
	ClientVersion string    `json:"client_version"`
	Tool          string    `json:"tool"`
	Effect        string    `json:"effect"`
	Raised        bool      `json:"raised"`
	Targets       []Target  `json:"targets"`
	Arguments     string    `json:"arguments_sha256"` // of the arguments but for secrets, canonical once there is consent
	Rule          string    `json:"rule"`             // what of the operator's policy decided: "policy.yaml:12 typed"
	Asker         string    `json:"asker"`            // through what a person was asked, also one who refused: "client", "browser", "terminal"
	Question      string    `json:"question_sha256"`  // of the text that was shown, also where it was refused or is open
	Consent       string    `json:"consent"`          // through what it came: "client", "browser", "terminal", "pre-approval"
	Answer        string    `json:"answer"`           // why there is no consent: "decline", "waiting", …, "plan_only"
	Requests      []Request `json:"requests"`
	MoreRequests  int       `json:"more_requests"` // sent beyond those listed
	Outcome       string    `json:"outcome"`
	MS            int64     `json:"ms"`
	Missed        uint64    `json:"missed"` // records that could not be written just before this one
}

// Target is what a call was about.
type Target struct {
	Type   string `json:"type"`
	ID     string `json:"id"`
	Within string `json:"within"` // id of what contains it where the pair is what changed
}

// Request is one request to Okta. The path has no query.
type Request struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Status    int    `json:"status"` // 0: no answer came
	RequestID string `json:"request_id"`
}

// WhenLayout is how a record writes a time.
const WhenLayout = "2006-01-02T15:04:05.000Z07:00"

// A line stays below what a reader holds in memory.
const (
	maxLine     = 256 << 10
	maxText     = 200     // of a text that others chose
	maxCaller   = 1 << 10 // more than an issuer and a subject have
	maxRequests = 200
	maxTargets  = 100
)

// genesis is the hash of nothing, which the first record carries.
const genesis = "0000000000000000000000000000000000000000000000000000000000000000"

// Anchor is one record of a chain: its number and the hash of its line.
type Anchor struct {
	N    uint64
	Hash string
}

func hashOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

func newRecord(kind, org string, e tools.Event) Record {
	r := Record{
		Kind: kind, Call: short(e.ID), When: e.Time.UTC().Format(WhenLayout), Org: org,
		Caller: distinct(e.Caller.ID), Client: short(e.Caller.ClientName), ClientVersion: short(e.Caller.ClientVersion),
		Tool: e.Tool, Effect: e.Effect.String(), Raised: e.Raised, Targets: targetsOf(e.Targets),
		Arguments: e.Arguments, Rule: short(e.Rule), Asker: e.Asker, Question: e.Question, Consent: e.Consent.By, Answer: short(e.Answer),
		Requests: make([]Request, 0, len(e.Requests)), Outcome: e.Outcome, MS: e.Duration.Round(time.Millisecond).Milliseconds(),
	}
	for i, sent := range e.Requests {
		if i == maxRequests {
			r.MoreRequests = len(e.Requests) - maxRequests
			break
		}
		r.Requests = append(r.Requests, Request{
			Method: sent.Method, Path: short(sent.Path), Status: sent.Status, RequestID: short(sent.RequestID),
		})
	}
	return r
}

func targetsOf(all []confirm.Target) []Target {
	targets := make([]Target, 0, len(all))
	for _, t := range all[:min(len(all), maxTargets)] {
		targets = append(targets, Target{Type: t.Type, ID: short(t.ID), Within: short(t.Within)})
	}
	return targets
}

// short cuts a text at a whole character.
func short(text string) string {
	if len(text) <= maxText {
		return text
	}
	cut := maxText
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// distinct keeps two callers apart who begin alike: cut, one could go into the record
// as the other.
func distinct(caller string) string {
	if len(caller) <= maxCaller {
		return caller
	}
	return short(caller) + " " + hashOf([]byte(caller))
}

// line is the record as it follows another, with its line end.
func (r Record) line(after Anchor) ([]byte, error) {
	r.N, r.Prev = after.N+1, after.Hash
	line, err := json.Marshal(r)
	if err == nil && len(line) >= maxLine {
		err = fmt.Errorf("it has %d bytes, more than a record may", len(line))
	}
	if err != nil {
		return nil, fmt.Errorf("encoding the record of %s: %w", r.Tool, err)
	}
	return append(line, '\n'), nil
}

// head reads the two members that make the chain, of a line that begins and ends
// in the one form in which records are written: what was cut does not.
func head(line []byte) (n uint64, prev string, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"n":`))
	if !ok {
		return 0, "", false
	}
	number, rest, ok := bytes.Cut(rest, []byte(`,"prev":"`))
	if !ok || len(rest) < len(genesis)+2 || string(rest[len(genesis):len(genesis)+2]) != `",` {
		return 0, "", false
	}
	n, err := strconv.ParseUint(string(number), 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != string(number) {
		return 0, "", false
	}
	prev = string(rest[:len(genesis)])
	end, closed := bytes.CutSuffix(rest, []byte("}"))
	closed = closed && bytes.HasSuffix(bytes.TrimRight(end, "0123456789"), []byte(`,"missed":`))
	return n, prev, closed && strings.Trim(prev, "0123456789abcdef") == ""
}
