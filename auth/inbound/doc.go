// Package inbound is who calls us: it reads the bearer token of an HTTP request
// (RFC 6750) and says whose it is, or refuses with the challenge that tells a
// client where to get a better one. It knows two kinds: tokens the operator hands
// out by name, one made at start or several in a file ([Tokens]), and JWTs of one
// OAuth 2.1 authorization server ([OAuth], RFC 9068) with the metadata that leads
// clients to it (RFC 9728).
//
// It refuses to be who we are to Okta: nothing here is ever sent there, and no
// token that Okta made for itself is taken. It also refuses to decide what a
// caller may do, to keep sessions, or to serve anything. A token is taken from
// the Authorization header alone. No error, challenge or log line holds a token
// or what one claims; they name what was wanted.
package inbound
