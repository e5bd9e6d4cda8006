package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"okta-mcp/auth"
)

func TestAKeyPairSignsInWhereItsPublicHalfIsRegistered(t *testing.T) {
	t.Parallel()
	for _, algorithm := range auth.KeyAlgorithms() {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			pair, err := auth.NewKeyPair(algorithm)
			if err != nil {
				t.Fatal(err)
			}
			key, err := auth.ParseKey(pair.PrivatePEM(), pair.ID)
			if err != nil || key.Algorithm() != algorithm || key.ID() != pair.ID {
				t.Errorf("the private half reads as %v, %v", key, err)
			}
			var public map[string]string
			if err := json.Unmarshal(pair.Public, &public); err != nil {
				t.Fatal(err)
			}
			if public["kid"] != pair.ID || public["alg"] != algorithm || public["use"] != "sig" || len(pair.ID) != 43 {
				t.Errorf("the public half is %v with the id %q", public, pair.ID)
			}
			for _, private := range []string{"d", "p", "q", "dp", "dq", "qi"} {
				if _, there := public[private]; there {
					t.Errorf("the public half holds %s of the private one", private)
				}
			}
			secret := bytes.Split(pair.PrivatePEM(), []byte("\n"))[1]
			if printed := fmt.Sprintf("%v %+v %#v", pair, pair, pair); strings.Contains(printed, string(secret)) {
				t.Error("printing the pair shows the private key")
			}
		})
	}
	if _, err := auth.NewKeyPair("HS256"); err == nil {
		t.Error("a key for HS256 was made")
	}
}
