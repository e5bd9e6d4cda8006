package auth

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

const (
	publicHalf = "it is the public half: give the private key whose public half is registered with the app"
	encrypted  = "it is encrypted: decrypt it first with: openssl pkey -in key.pem -out plain.pem"
)

// squashed is a PEM block that lost its line ends, as happens to a key pasted
// into a one-line field. Only a block of nothing but base64 is put right.
var squashed = regexp.MustCompile(`(-----BEGIN [A-Z0-9 ]+-----)([A-Za-z0-9+/=\s]+)(-----END [A-Z0-9 ]+-----)`)

// unwrap takes off what environment files, shells and secret stores put around
// a key: a byte order mark, quotes, CRLF, and line ends written as \n.
func unwrap(text string) string {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	var inner string
	if json.Unmarshal([]byte(text), &inner) == nil {
		text = strings.TrimSpace(inner)
	}
	for _, quote := range []string{`"`, `'`, "`"} {
		if len(text) >= 2 && strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) {
			text = strings.TrimSpace(text[1 : len(text)-1])
		}
	}
	if strings.Contains(text, "-----BEGIN ") {
		text = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\r`, "\n", "\r\n", "\n", "\r", "\n").Replace(text)
	}
	return text
}

// readPEM takes the one private key out of PEM text. Blocks that are no keys
// (EC PARAMETERS, a certificate in front of its key) are passed over.
func readPEM(text string) (material, error) {
	text = squashed.ReplaceAllString(text, "$1\n$2\n$3")
	var found []crypto.PrivateKey
	sawPublic := false
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.HasSuffix(block.Type, "PUBLIC KEY") || strings.HasSuffix(block.Type, "CERTIFICATE") {
			sawPublic = true
			continue
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		key, err := readBlock(block)
		if err != nil {
			return material{}, err
		}
		found = append(found, key)
	}
	switch {
	case len(found) == 1:
		return material{private: found[0]}, nil
	case len(found) > 1:
		return material{}, fmt.Errorf("it holds %d private keys: give one", len(found))
	case sawPublic:
		return material{}, errors.New(publicHalf)
	case strings.Contains(text, "-----BEGIN "):
		return material{}, errors.New("its PEM is cut off or damaged: give everything from -----BEGIN to the end of the -----END line")
	default:
		return material{}, errors.New("it is neither PEM (-----BEGIN PRIVATE KEY-----) nor a JWK ({\"kty\":…}): give the key itself, not the name of a file")
	}
}

func readBlock(block *pem.Block) (crypto.PrivateKey, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, errors.New(encrypted)
	}
	var key crypto.PrivateKey
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "OPENSSH PRIVATE KEY":
		return nil, errors.New("it is in OpenSSH's own form: convert a copy with: ssh-keygen -p -m PKCS8 -f copy-of-key")
	default:
		return nil, errors.New("it is a kind of private key Okta does not take: " + howToMakeKey)
	}
	if err != nil {
		return nil, fmt.Errorf("its %s block is damaged or of a kind Okta does not take (%w): export it again, or %s", block.Type, err, howToMakeKey)
	}
	return key, nil
}

// jwkFields are the members of a JWK (RFC 7517) or JWKS we look at ourselves.
// d and k are secret and only ever tested for presence.
type jwkFields struct {
	Kty, Kid, Alg, Use string
	D, K               any
	Keys               []json.RawMessage
}

// readJWK takes the private key out of a JWK or a JWKS of one. Errors of the
// JSON readers are not passed on: they may quote what they read.
func readJWK(text string) (material, error) {
	var fields jwkFields
	if json.Unmarshal([]byte(text), &fields) != nil {
		return material{}, errors.New("its JSON cannot be read: give the JWK exactly as Okta showed it")
	}
	if fields.Kty == "" && fields.Keys != nil {
		if len(fields.Keys) != 1 || !bytes.Contains(fields.Keys[0], []byte(`"kty"`)) {
			return material{}, fmt.Errorf("it is a JWKS of %d keys: give the one private key", len(fields.Keys))
		}
		return readJWK(string(fields.Keys[0]))
	}
	switch {
	case fields.Kty == "oct" || fields.K != nil:
		return material{}, errors.New("it is a shared secret: a service app needs a key pair; " + howToMakeKey)
	case fields.Kty != "RSA" && fields.Kty != "EC":
		return material{}, errors.New("its kty is neither RSA nor EC: " + howToMakeKey)
	case fields.D == nil:
		return material{}, errors.New(publicHalf)
	case fields.Use != "" && fields.Use != "sig":
		return material{}, errors.New("its use is not sig: give the signing key")
	}
	var private crypto.PrivateKey
	key, err := jwk.ParseKey([]byte(text))
	if err != nil || key.Raw(&private) != nil {
		return material{}, errors.New("its JWK is incomplete or of a curve Okta does not take: copy it again, or " + howToMakeKey)
	}
	return material{private: private, id: fields.Kid, algorithm: fields.Alg}, nil
}
