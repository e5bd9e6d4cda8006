package tokenstore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"

	"golang.org/x/crypto/scrypt"
)

// The cost of guessing a key text: 32 MiB and some hundredth of a second a
// guess, which RFC 7914 section 2 advises for interactive use. Changing it is a
// new fileFormat.
const (
	scryptN, scryptR, scryptP = 32768, 8, 1

	saltSize = 16
	keySize  = 32
)

// sealer encrypts with AES-256-GCM (NIST SP 800-38D). The key lives in its
// closures.
type sealer struct {
	close func(plain []byte, name string) []byte
	open  func(sealed []byte, name string) ([]byte, error)
}

func newSalt() []byte {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails, by its documentation
	return salt
}

// newSealer derives the key. What is sealed is bound to its name, so that an
// entry cannot be put in the place of another.
func newSealer(text Secret, salt []byte) (sealer, error) {
	key, err := scrypt.Key([]byte(text.Reveal()), salt, scryptN, scryptR, scryptP, keySize)
	if err != nil {
		return sealer{}, fmt.Errorf("deriving the key of the file of sign-ins: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("preparing the key of the file of sign-ins: %w", err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block) // puts the nonce in front
	if err != nil {
		return sealer{}, fmt.Errorf("preparing the key of the file of sign-ins: %w", err)
	}
	return sealer{
		close: func(plain []byte, name string) []byte {
			return gcm.Seal(nil, nil, plain, []byte(name)) //nolint:gosec // G407: gcm makes the nonce itself, and takes none
		},
		open: func(sealed []byte, name string) ([]byte, error) {
			plain, err := gcm.Open(nil, nil, sealed, []byte(name))
			if err != nil {
				return nil, ErrWrongKey
			}
			return plain, nil
		},
	}, nil
}
