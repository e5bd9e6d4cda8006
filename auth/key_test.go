package auth_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"okta-mcp/auth"
)

// rsaKey is made once: an RSA key takes a good part of a second.
var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsaKey()
	if err != nil {
		t.Fatalf("making an RSA key: %v", err)
	}
	return key
}

func newEC(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatalf("making an EC key: %v", err)
	}
	return key
}

func pemOf(t testing.TB, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatalf("encoding a %s: %v", kind, err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pemOf(t, "PRIVATE KEY", der, err)
}

func sec1(t testing.TB, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	return pemOf(t, "EC PRIVATE KEY", der, err)
}

// jwkOf writes a JWK with extra members; a nil value removes one.
func jwkOf(t testing.TB, key any, members map[string]any) string {
	t.Helper()
	parsed, err := jwk.FromRaw(key)
	if err != nil {
		t.Fatalf("making a JWK: %v", err)
	}
	raw, err := json.Marshal(parsed)
	if err != nil {
		t.Fatalf("encoding a JWK: %v", err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		if out[name] = value; value == nil {
			delete(out, name)
		}
	}
	raw, err = json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestKeysAreReadAndSign signs in with each, which verifies the assertion with
// the public half.
func TestKeysAreReadAndSign(t *testing.T) {
	t.Parallel()
	private := newRSA(t)
	p256, p384, p521 := newEC(t, elliptic.P256()), newEC(t, elliptic.P384()), newEC(t, elliptic.P521())
	params := pemOf(t, "EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}, nil)
	for _, c := range []struct {
		name, text, keyID string
		key               crypto.Signer
		algorithm, id     string
	}{
		{"PKCS#1", pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(private), nil), "k", private, "RS256", "k"},
		{"PKCS#8 RSA", pkcs8(t, private), "", private, "RS256", ""},
		{"SEC 1 P-256", sec1(t, p256), "k", p256, "ES256", "k"},
		{"SEC 1 after its parameters", params + sec1(t, p256), "k", p256, "ES256", "k"},
		{"PKCS#8 P-384", pkcs8(t, p384), " k\n", p384, "ES384", "k"},
		{"PKCS#8 P-521", pkcs8(t, p521), "k", p521, "ES512", "k"},
		{"JWK RSA", jwkOf(t, private, map[string]any{"kid": "own"}), "", private, "RS256", "own"},
		{"JWK RSA alg RS384", jwkOf(t, private, map[string]any{"alg": "RS384"}), "k", private, "RS384", "k"},
		{"JWK RSA alg RS512", jwkOf(t, private, map[string]any{"alg": "RS512", "use": "sig"}), "k", private, "RS512", "k"},
		{"JWK P-256", jwkOf(t, p256, map[string]any{"kid": "own", "alg": "ES256"}), "given", p256, "ES256", "given"},
		{"JWK P-384", jwkOf(t, p384, nil), "", p384, "ES384", ""},
		{"JWK P-521", jwkOf(t, p521, map[string]any{"kid": "own"}), "", p521, "ES512", "own"},
		{"JWKS of one", `{"keys":[` + jwkOf(t, p256, map[string]any{"kid": "own"}) + `]}`, "", p256, "ES256", "own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			key, err := auth.ParseKey([]byte(c.text), c.keyID)
			if err != nil {
				t.Fatalf("reading the key: %v", err)
			}
			if key.Algorithm() != c.algorithm || key.ID() != c.id {
				t.Errorf("got %s %q, want %s %q", key.Algorithm(), key.ID(), c.algorithm, c.id)
			}
			okta := newFakeOkta(t, testKey{public: c.key.Public()})
			app := newApp(t, okta, newTestKey(t), func(config *auth.Config) { config.Key = key })
			if err := app.SignIn(t.Context()); err != nil {
				t.Fatalf("signing in with it: %v", err)
			}
			header := okta.seen()[0].header
			if kid, present := header["kid"]; present != (c.id != "") || present && kid != c.id {
				t.Errorf("the assertion's kid is %v, want %q, and none at all where there is no id", kid, c.id)
			}
			if header["alg"] != c.algorithm {
				t.Errorf("the assertion's alg is %v, want %s", header["alg"], c.algorithm)
			}
		})
	}
}

func TestKeysThatTravelledAreRead(t *testing.T) {
	t.Parallel()
	key := newEC(t, elliptic.P256())
	plain, object := pkcs8(t, key), jwkOf(t, key, nil)
	quoted, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	quotedJWK, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pemOf(t, "CERTIFICATE", []byte("a certificate"), nil)
	for name, text := range map[string]string{
		"CRLF":                    strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":                      strings.ReplaceAll(plain, "\n", "\r"),
		`\n`:                      strings.ReplaceAll(plain, "\n", `\n`),
		`\r\n`:                    strings.ReplaceAll(plain, "\n", `\r\n`),
		`quoted with \n`:          `"` + strings.ReplaceAll(plain, "\n", `\n`) + `"`,
		"quoted":                  `"` + plain + `"`,
		"single quotes":           ` '` + plain + `' `,
		"JSON string":             string(quoted),
		"spaces around":           "\n\n  " + plain + "  \n\t",
		"no last line end":        strings.TrimSpace(plain),
		"byte order mark":         "\ufeff" + plain,
		"line ends lost":          strings.ReplaceAll(plain, "\n", ""),
		"line ends made spaces":   strings.ReplaceAll(plain, "\n", " "),
		"text before":             "Bag Attributes\n    friendlyName: x\n" + plain,
		"certificate in front":    certificate + plain,
		"certificate behind":      plain + certificate,
		"JWK in quotes":           `'` + object + `'`,
		"JWK in a JSON string":    string(quotedJWK),
		"JWK with spaces around":  "\n " + object + "\n",
		"JWK with line ends CRLF": strings.ReplaceAll(object, ",", ",\r\n"),
	} {
		if got, err := auth.ParseKey([]byte(text), "k"); err != nil || got.Algorithm() != "ES256" {
			t.Errorf("%s: %v, want an ES256 key", name, err)
		}
	}
}

type unfitKey struct {
	name, text, keyID string
	want              string // in the error
}

func TestUnfitKeysAreRefusedWithWhatToUse(t *testing.T) {
	t.Parallel()
	for _, c := range append(unfitPEM(t), unfitJWK(t)...) {
		key, err := auth.ParseKey([]byte(c.text), c.keyID)
		if err == nil || key != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, %v; want an error with %q", c.name, key, err, c.want)
			continue
		}
		if leak := leaked(c.text, err.Error()); leak != "" {
			t.Errorf("%s: the error repeats the key: %q", c.name, leak)
		}
	}
}

func unfitPEM(t *testing.T) []unfitKey {
	private, p256, other := newRSA(t), newEC(t, elliptic.P256()), newEC(t, elliptic.P256())
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(p256.Public())
	public := pemOf(t, "PUBLIC KEY", spki, err)
	ecText, edText := pkcs8(t, p256), pkcs8(t, ed)
	legacy := strings.Replace(ecText, "PRIVATE KEY-----\n", "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1)
	return []unfitKey{
		{"empty", "", "", "neither PEM"},
		{"a file's name", "/etc/okta/key.pem", "", "not the name of a file"},
		{"public", public, "", "public half"},
		{"PKCS#1 public", pemOf(t, "RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&private.PublicKey), nil), "", "public half"},
		{"certificate", pemOf(t, "CERTIFICATE", []byte("x"), nil), "", "public half"},
		{"encrypted", strings.ReplaceAll(ecText, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), "", "openssl pkey"},
		{"encrypted the old way", legacy, "", "openssl pkey"},
		{"OpenSSH", pemOf(t, "OPENSSH PRIVATE KEY", []byte("x"), nil), "", "ssh-keygen"},
		{"another block", pemOf(t, "DSA PRIVATE KEY", []byte("x"), nil), "", "P-256"},
		{"cut off", ecText[:100], "", "cut off"},
		{"damaged", pemOf(t, "PRIVATE KEY", []byte("not DER"), nil), "", "damaged"},
		{"two", ecText + pkcs8(t, other), "", "2 private keys"},
		{"Ed25519", edText, "", "Ed25519"},
		{"X25519", pkcs8(t, x), "", "P-256"},
		{"P-224", pkcs8(t, newEC(t, elliptic.P224())), "", "P-256"},
		{"key id with a space", ecText, "a b", "key id"},
		{"key id with a line end", ecText, "a\nb", "key id"},
		{"huge", strings.Repeat("A", 65<<10), "", "64 KiB"},
	}
}

func unfitJWK(t *testing.T) []unfitKey {
	private, p256, other := newRSA(t), newEC(t, elliptic.P256()), newEC(t, elliptic.P256())
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	coordinate := func(n *big.Int) string {
		return base64.RawURLEncoding.EncodeToString(n.FillBytes(make([]byte, 32)))
	}
	return []unfitKey{
		{"JWK public", jwkOf(t, p256, map[string]any{"d": nil}), "", "public half"},
		{"JWK RSA public", jwkOf(t, private.Public(), nil), "", "public half"},
		{"JWK Ed25519", jwkOf(t, ed, nil), "", "P-256"},
		{"JWK secp256k1", jwkOf(t, p256, map[string]any{"crv": "secp256k1"}), "", "P-256"},
		{"JWK secret", `{"kty":"oct","k":"c2VjcmV0"}`, "", "shared secret"},
		{"JWK PS256", jwkOf(t, private, map[string]any{"alg": "PS256"}), "", "RS256"},
		{"JWK alg of another curve", jwkOf(t, p256, map[string]any{"alg": "ES384"}), "", "ES256"},
		{"JWK for encryption", jwkOf(t, p256, map[string]any{"use": "enc"}), "", "signing key"},
		{"JWK incomplete", jwkOf(t, p256, map[string]any{"x": nil}), "", "incomplete"},
		{"JWK d null", strings.Replace(jwkOf(t, p256, map[string]any{"d": "D"}), `"D"`, "null", 1), "", "public half"},
		{"JWK of two halves", jwkOf(t, p256, map[string]any{"x": coordinate(other.X), "y": coordinate(other.Y)}), "", "belong together"},
		{"JWK off the curve", jwkOf(t, p256, map[string]any{"x": coordinate(big.NewInt(5))}), "", ""},
		{"JWKS of none", `{"keys":[]}`, "", "0 keys"},
		{"JWKS of two", `{"keys":[` + jwkOf(t, p256, nil) + `,` + jwkOf(t, other, nil) + `]}`, "", "2 keys"},
		{"JWKS in a JWKS", `{"keys":[{"keys":[{"kty":"EC"}]}]}`, "", "private key"},
		{"bad JSON", `{"kty":"RSA","d":"c2VjcmV0`, "", "JSON"},
		{"JSON of something else", `{"token":"c2VjcmV0"}`, "", "kty"},
	}
}

func TestShortRSAKeysAreRefused(t *testing.T) {
	t.Parallel()
	// 1023 bits, from numbers that need not be primes: the size is looked at first.
	n := new(big.Int).Lsh(big.NewInt(1), 1023)
	short := func(n *big.Int) string {
		encode := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
		return fmt.Sprintf(`{"kty":"RSA","n":%q,"e":"AQAB","d":%q,"p":%q,"q":%q}`, encode(n), encode(n), encode(n), encode(n))
	}
	for _, bits := range []*big.Int{n, new(big.Int).Lsh(n, 8000)} {
		if _, err := auth.ParseKey([]byte(short(bits)), ""); err == nil || !strings.Contains(err.Error(), "2048") && !strings.Contains(err.Error(), "P-256") {
			t.Errorf("an RSA key of %d bits: got %v, want what to use instead", bits.BitLen(), err)
		}
	}
}

// blob matches what could be key material.
var blob = regexp.MustCompile(`[A-Za-z0-9+/_-]{24,}`)

// leaked returns key material of input that text repeats.
func leaked(input, text string) string {
	for _, run := range blob.FindAllString(input, -1) {
		for i := 0; i+24 <= len(run); i += 8 {
			if strings.Contains(text, run[i:i+24]) {
				return run[i : i+24]
			}
		}
	}
	return ""
}

func FuzzParseKey(f *testing.F) {
	key := newEC(f, elliptic.P256())
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{
		pkcs8(f, key), sec1(f, key), pkcs8(f, newRSA(f)), pkcs8(f, ed), jwkOf(f, key, map[string]any{"kid": "k"}),
		jwkOf(f, newRSA(f), nil), `{"keys":[` + jwkOf(f, key, nil) + `]}`, strings.ReplaceAll(pkcs8(f, key), "\n", `\n`),
		"-----BEGIN PRIVATE KEY-----", `{"kty":"EC","crv":"P-256","d":""}`, `{"keys":[{"keys":[]}]}`, "'", `"`, "",
	} {
		f.Add([]byte(text), "k")
		f.Add([]byte(text), "")
	}
	f.Fuzz(func(t *testing.T, data []byte, id string) {
		key, err := auth.ParseKey(data, id)
		if (key == nil) == (err == nil) {
			t.Fatalf("got key %v and error %v, want one of them", key, err)
		}
		shown := fmt.Sprint(err)
		if key != nil {
			shown = key.Algorithm() // the id is data, and not secret
		}
		if leak := leaked(string(data), shown); leak != "" {
			t.Errorf("%q repeats the key: %q", shown, leak)
		}
	})
}
