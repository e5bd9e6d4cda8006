package demoorg_test

import (
	"fmt"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

func TestSmoke(t *testing.T) {
	for _, n := range []int{250, 100000} {
		var a, b runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&a)
		t0 := time.Now()
		o, err := demoorg.New(demoorg.Options{Size: n})
		d := time.Since(t0)
		runtime.GC()
		runtime.ReadMemStats(&b)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(n, d, (b.HeapAlloc-a.HeapAlloc)>>20, "MB")
		get := func(p string) {
			w := httptest.NewRecorder()
			t0 := time.Now()
			o.Admin().ServeHTTP(w, httptest.NewRequest("GET", p, nil))
			s := w.Body.String()
			if len(s) > 1500 {
				s = s[:1500]
			}
			fmt.Println(p, w.Code, time.Since(t0), w.Header()["Link"], s)
		}
		if n == 250 {
			c := o.Cast()
			fmt.Printf("%+v\n", c)
			get("/api/v1/users?limit=1")
			get("/api/v1/users/ada.okafor")
			get("/api/v1/groups?limit=2&expand=stats")
			get("/api/v1/groups/rules?limit=1")
			get("/api/v1/users/" + c.SuperAdmin.ID + "/roles")
			get("/api/v1/users/" + c.LockedOut.ID + "/groups")
			get("/api/v1/users/" + c.LockedOut.ID + "/appLinks")
			get("/api/v1/groups/" + c.Project.ID + "/users")
			get("/api/v1/groups/" + c.Project.ID + "/apps")
			get("/api/v1/groups/" + c.ContractorAccess.ID + "?expand=stats")
		} else {
			get(`/api/v1/users?limit=1&search=profile.department+eq+"Legal"&sortBy=profile.lastName`)
			get(`/api/v1/users?limit=200&search=status+eq+"LOCKED_OUT"+and+profile.city+eq+"Oslo"`)
		}
	}
}
