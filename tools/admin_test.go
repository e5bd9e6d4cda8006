package tools_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
)

type httpRequest = http.Request

// adminDo asks the org as a super administrator would, past the server.
func adminDo(w *world, method, path, body string) (int, string) {
	w.t.Helper()
	request := httptest.NewRequest(method, w.org.URL+strings.ReplaceAll(path, `"`, "%22"), strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	w.org.Admin().ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}
