package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
)

// message is the envelope of one JSON-RPC message. It means the same to everybody
// who reads it: names that come twice or in another case are refused.
type message struct {
	raw     []byte
	id      json.RawMessage // nil: none
	method  string
	result  json.RawMessage
	failure json.RawMessage // the member error
}

// inAnotherCase reports whether the name is like one of an envelope, but for its case:
// readers differ in what that means.
func inAnotherCase(name string) bool {
	for _, known := range []string{"jsonrpc", "id", "method", "params", "result", "error"} {
		if strings.EqualFold(name, known) {
			return name != known
		}
	}
	return false
}

// answers reports whether the message answers a request of ours.
func (m message) answers() bool { return m.method == "" }

// isRequest reports whether the message wants an answer.
func (m message) isRequest() bool { return m.method != "" && m.id != nil }

// cancels reports whether the message takes a request back.
func (m message) cancels() bool { return m.method == string(mcp.MethodNotificationCancelled) }

// cancelled is the id of the request that the message takes back; nil: none.
func (m message) cancelled() json.RawMessage {
	var notification struct {
		Params struct {
			RequestID json.RawMessage `json:"requestId"`
		} `json:"params"`
	}
	if json.Unmarshal(m.raw, &notification) != nil {
		return nil
	}
	return notification.Params.RequestID
}

// parse reads the envelope.
func parse(body []byte) (message, error) {
	m := message{raw: body}
	if !utf8.Valid(body) {
		return m, errors.New("the body is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	token, err := decoder.Token()
	switch {
	case err != nil:
		return m, errors.New("the body is not JSON")
	case token == json.Delim('['):
		return m, errors.New("the body is a batch, which MCP does not have: send one message in each request")
	case token != json.Delim('{'):
		return m, errors.New("the body is not a JSON object")
	}
	seen := map[string]bool{}
	for decoder.More() {
		name, value, err := member(decoder)
		if err != nil {
			return m, errors.New("the body is not JSON")
		}
		if seen[name] || inAnotherCase(name) {
			return m, errors.New("a member of the message comes twice, or in another case than JSON-RPC has it")
		}
		seen[name] = true
		if err := m.set(name, value); err != nil {
			return m, err
		}
	}
	if _, err := decoder.Token(); err != nil || decoder.More() || len(bytes.TrimSpace(body[decoder.InputOffset():])) > 0 {
		return m, errors.New("the body is not one JSON object")
	}
	if m.answers() && m.id == nil {
		return m, errors.New("the message has neither a method nor an id")
	}
	return m, nil
}

func member(decoder *json.Decoder) (name string, value json.RawMessage, err error) {
	token, err := decoder.Token()
	if err != nil {
		return "", nil, err
	}
	name, ok := token.(string)
	if !ok {
		return "", nil, fmt.Errorf("%v is no name", token)
	}
	err = decoder.Decode(&value)
	return name, value, err
}

func (m *message) set(name string, value json.RawMessage) error {
	switch name {
	case "id":
		if len(value) > 256 || value[0] == '{' || value[0] == '[' {
			return errors.New("the id is no text or number of at most 256 bytes")
		}
		if string(value) != "null" {
			m.id = value
		}
	case "method":
		if json.Unmarshal(value, &m.method) != nil || m.method == "" {
			return errors.New("the method is no text")
		}
	case "result":
		m.result = value
	case "error":
		m.failure = value
	}
	return nil
}

// unreadable refuses a body that is no message.
func unreadable(err error) *refusal {
	if errors.Is(err, errTooLarge) {
		return refuse(http.StatusRequestEntityTooLarge, err.Error())
	}
	return refuse(http.StatusBadRequest, err.Error())
}

// outspoken is the message with a result that says something where it answers with
// nothing: mcp-go takes that for the answer to a ping, which is never sent, and the
// question would stay open.
func (m message) outspoken() message {
	if m.answers() && isNothing(m.result) && isNothing(m.failure) {
		m.raw = fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"result":{"action":""}}`, m.id)
	}
	return m
}

func isNothing(value json.RawMessage) bool {
	return string(value) == "null" || len(bytes.Trim(value, " \t\r\n{}[]")) == 0
}

// reader reads the message once more.
func (m message) reader() io.ReadCloser { return io.NopCloser(bytes.NewReader(m.raw)) }
