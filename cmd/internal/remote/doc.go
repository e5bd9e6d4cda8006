// Package remote serves MCP to callers over a network: Streamable HTTP at /mcp, or
// the older SSE at /sse and /message, with questions to people over both.
//
// It is the door: who calls is known before anything of a request is read, a
// request that is not meant for us or could come from a web page goes no further,
// and everything is bounded: bodies, headers, time, sessions, streams, requests.
// It refuses to decide what a caller may do, which tools does, and to know callers
// by anything but their tokens: a session id opens nothing.
package remote
