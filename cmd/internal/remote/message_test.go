package remote

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAnEnvelopeMeansTheSameToEverybodyOrIsRefused(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"jsonrpc":"2.0","id":1,"method":"ping"}`:             "",
		` {"method":"ping","params":{"id":2,"Method":"x"}} `:   "",
		`{"jsonrpc":"2.0","id":"a","result":null}`:             "",
		`{"jsonrpc":"2.0","id":1,"error":{"code":1}}`:          "",
		`{"x":1,"jsonrpc":"2.0","method":"notifications/x"}`:   "",
		`{"id":1,"method":"ping","Method":"tools/call"}`:       "another case",
		`{"ID":1,"method":"ping"}`:                             "another case",
		`{"id":1,"id":2,"method":"ping"}`:                      "comes twice",
		`{"id":1,"method":"ping","method":"tools/call"}`:       "comes twice",
		`{"\u0069d":1,"id":1,"method":"ping"}`:                 "comes twice",
		`{"id":1,"method":"ping","re\u017fult":{}}`:            "another case",
		`{"id":1,"method":7}`:                                  "the method is no text",
		`{"id":1,"method":""}`:                                 "the method is no text",
		`{"id":{},"method":"ping"}`:                            "the id is no text or number",
		`{"id":"` + strings.Repeat("x", 300) + `","method":1}`: "the id is no text or number",
		`{"jsonrpc":"2.0"}`:                                    "neither a method nor an id",
		`{"jsonrpc":"2.0","id":null,"result":{}}`:              "neither a method nor an id",
		`[{"id":1,"method":"ping"}]`:                           "a batch",
		`{"id":1,"method":"ping"}{"id":2,"method":"ping"}`:     "not one JSON object",
		`{"id":1,"method":"ping"`:                              "not one JSON object",
		`{"id":1,"method":"ping",}`:                            "not JSON",
		`"ping"`:                                               "not a JSON object",
		`7`:                                                    "not a JSON object",
		``:                                                     "not JSON",
		"{\"id\":1,\"method\":\"p\xff\"}":                      "not UTF-8",
		`{"a":` + strings.Repeat("[", 20000):                   "not JSON",
	} {
		_, err := parse([]byte(body))
		switch {
		case want == "" && err != nil:
			t.Errorf("%.80s: %v", body, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%.80s: %v, want %q", body, err, want)
		}
	}
}

// FuzzEnvelope: what is taken, mcp-go takes for the same, which reads with
// encoding/json.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"ping"}`, `{"id":"a","result":{}}`, `{"Id":1}`, `{"id":1,"id":2}`, `[]`, `{"id":-0.0,"error":null}`,
		`{"\u212Aid":1,"method":"x"}`, `{"method":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parse(body)
		if err != nil {
			return
		}
		var theirs struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
			Result json.RawMessage `json:"result"`
			Error  json.RawMessage `json:"error"`
		}
		if err := json.Unmarshal(body, &theirs); err != nil {
			t.Fatalf("%q is taken, and is not JSON: %v", body, err)
		}
		id := theirs.ID
		if string(id) == "null" {
			id = nil
		}
		if m.method != theirs.Method || string(m.id) != string(id) || string(m.result) != string(theirs.Result) || string(m.failure) != string(theirs.Error) {
			t.Errorf("%q is read as %+v, and by others as %+v", body, m, theirs)
		}
	})
}
