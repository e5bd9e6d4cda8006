package tools

import (
	"context"
	"fmt"
	"time"
)

const signInName = "sign_in"

// SignIn lets a person sign in to Okta while the server runs.
type SignIn interface {
	// Begin starts a sign-in or returns the one that waits for its person; it does
	// not wait itself.
	Begin(context.Context) (Verification, error)
}

// Verification is where a person goes to sign in, and the code to enter there.
type Verification struct {
	URI, Code string
	Expires   time.Time
}

type signInIn struct{}

type signInOut struct {
	VerificationURI string    `json:"verification_uri"`
	UserCode        string    `json:"user_code"`
	ExpiresAt       time.Time `json:"expires_at"`
	Next            string    `json:"next"`
}

func signIn() Any {
	return Tool[signInIn, signInOut]{
		Name: signInName, Title: "Sign in", Effect: Read,
		Description: "Starts signing in to Okta, or shows the sign-in that waits. Tell the person the address and the code; the other tools appear when they are done.",
		Run: func(ctx context.Context, c *Call, _ signInIn) (signInOut, error) {
			v, err := c.server.cfg.SignIn.Begin(ctx)
			if err != nil {
				return signInOut{}, &NotSignedIn{Problem: err.Error()}
			}
			c.server.showSignIn(ctx, v)
			return signInOut{
				VerificationURI: v.URI, UserCode: v.Code, ExpiresAt: v.Expires.UTC(),
				Next: "the person opens the address and enters the code; get_access_status says when it is done",
			}, nil
		},
	}
}

// showSignIn has a client that can open addresses ask the person, once for each
// code, and does not wait for it. The code is in the message and not in the
// address, which stays one that the person knows.
func (s *Server) showSignIn(ctx context.Context, v Verification) {
	s.showing.Lock()
	known := s.shown == v.Code
	s.shown = v.Code
	s.showing.Unlock()
	if known || !s.shower.CanShow(ctx) {
		return
	}
	message := fmt.Sprintf("Sign in to the Okta org %s: open this address and enter the code %s", s.cfg.Org.Host(), v.Code)
	showing, cancel := context.WithDeadline(context.WithoutCancel(ctx), v.Expires)
	go func() {
		defer cancel()
		if err := s.shower.Show(showing, v.URI, message); err != nil {
			s.cfg.Logger.Debug("the client did not show the sign-in", "error", err)
		}
	}()
	context.AfterFunc(s.life, cancel)
}
