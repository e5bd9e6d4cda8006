package auth_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
)

// Under renewVariable, which holds the org's address, the test binary is another
// process that renews a stored sign-in as often as its first argument says, each
// time anew, as processes that come and go do. The store's file is in the next.
const (
	renewVariable = "AUTH_TEST_RENEW"
	fileVariable  = "AUTH_TEST_FILE"
	storeKeyText  = "a key text for tests alone"
)

func renewMany(org, count string) int {
	times, err := strconv.Atoi(count)
	store, failed := tokenstore.OpenFile(os.Getenv(fileVariable), storeKeyText)
	if err != nil || failed != nil {
		log.Print(err, failed)
		return 1
	}
	for i := range times {
		device, err := auth.NewDevice(auth.Config{OrgURL: org, ClientID: testClient, Scopes: []string{"okta.users.read"}, Store: store})
		if err == nil {
			err = device.SignIn(context.Background())
			device.Close()
		}
		if err != nil {
			log.Printf("renewal %d: %v", i+1, err)
			return 1
		}
	}
	return 0
}

func TestTwoProcessesShareASignIn(t *testing.T) {
	t.Parallel()
	const processes, each = 2, 50
	okta := newFakeOkta(t, testKey{})
	okta.requireDPoP = true
	server := httptest.NewServer(okta)
	defer server.Close()
	okta.tokenURL = server.URL + "/oauth2/v1/token"
	path := filepath.Join(t.TempDir(), "sign-ins")
	store, err := tokenstore.OpenFile(path, storeKeyText)
	if err != nil {
		t.Fatal(err)
	}
	device := newDevice(t, nil, store, func(c *auth.Config) { c.OrgURL, c.Scopes = server.URL, []string{"okta.users.read"} })
	okta.interval = 1
	signIn(t, okta, device, testUser)

	var work sync.WaitGroup
	for range processes {
		command := exec.Command(os.Args[0], fmt.Sprint(each))
		command.Env = append(os.Environ(), renewVariable+"="+server.URL, fileVariable+"="+path)
		work.Go(func() {
			if said, err := command.CombinedOutput(); err != nil {
				t.Errorf("a process: %v\n%s", err, said)
			}
		})
	}
	work.Wait()
	entry, err := store.Load(t.Context(), tokenstore.Key{Org: server.URL, ClientID: testClient, Method: "device_code"})
	if err != nil {
		t.Fatalf("loading what is left: %v", err)
	}
	if okta.renewals < processes*each || okta.reused != 0 || !slices.Equal(okta.refreshable(), []string{entry.RefreshToken.Reveal()}) {
		t.Errorf("after %d renewals and %d uses of a used token, Okta takes %v and %s is stored", okta.renewals, okta.reused, okta.refreshable(), entry.RefreshToken.Reveal())
	}
	if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "secret-refresh") {
		t.Errorf("the file holds plain text (%v)", err)
	}
}
