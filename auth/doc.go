// Package auth is who we are to Okta: credentials in, authorized requests out,
// and the scopes Okta granted. It knows two ways, both with the org authorization
// server: a service app that proves itself with a private key (RFC 7523,
// client_credentials), and a native app that a person signs in to with a code
// (RFC 8628), whose sign-in is renewed with refresh tokens. Either binds its
// tokens to a key where the org wants that (DPoP, RFC 9449).
//
// It refuses to be a general OAuth client (one org, its own endpoints, no
// discovery, no redirects) or a reader of settings: it opens no file and no
// environment variable, except the proxy variables net/http reads. What outlives
// the process is kept by package tokenstore, and only for a person; a service
// app's tokens live and die with the process. No token, assertion or key is ever
// sent to any host but the org's, and no error, log line or printed value holds
// one.
package auth
