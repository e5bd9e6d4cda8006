// Package auth is who we are to Okta: credentials in, authorized requests out,
// and the scopes Okta granted. Today it knows one way, a service app that proves
// itself with a private key (RFC 7523, client_credentials) to the org
// authorization server.
//
// It refuses to be a token store (tokens live and die with the process), a
// general OAuth client (one org, one token endpoint, no discovery, no redirects)
// or a reader of settings: it opens no file and no environment variable, except
// the proxy variables net/http reads. It never sends a token or an assertion to
// any host but the org's, and no error, log line or printed value holds one.
package auth
