package tokenstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// record is an entry as it is stored. The first of its fields says how to read
// the others.
type record struct {
	Version      int       `json:"v"`
	RefreshToken string    `json:"refresh_token"`
	ProofKey     string    `json:"proof_key,omitempty"`
	Subject      string    `json:"sub"`
	Asked        []string  `json:"asked"`
	Granted      []string  `json:"granted"`
	Saved        time.Time `json:"saved"`
}

const recordVersion = 1

func encode(e Entry) ([]byte, error) {
	if e.RefreshToken.IsZero() {
		return nil, errors.New("storing a sign-in without a refresh token: there is nothing to keep")
	}
	return json.Marshal(record{
		Version: recordVersion, RefreshToken: e.RefreshToken.Reveal(), ProofKey: e.ProofKey.Reveal(),
		Subject: e.Subject, Asked: e.Asked, Granted: e.Granted, Saved: e.Saved.UTC().Round(time.Second),
	})
}

// decode reads what encode made. The JSON reader's error is not passed on: it
// may quote what it read.
func decode(text []byte) (Entry, error) {
	var r record
	switch {
	case json.Unmarshal(text, &r) != nil:
		return Entry{}, fmt.Errorf("it is not what okta-mcp wrote: %w", ErrUnreadable)
	case r.Version != recordVersion:
		return Entry{}, fmt.Errorf("another version of okta-mcp wrote it: %w", ErrUnreadable)
	case r.RefreshToken == "":
		return Entry{}, fmt.Errorf("it holds no refresh token: %w", ErrUnreadable)
	}
	return Entry{
		RefreshToken: NewSecret(r.RefreshToken), ProofKey: NewSecret(r.ProofKey),
		Subject: r.Subject, Asked: r.Asked, Granted: r.Granted, Saved: r.Saved,
	}, nil
}
