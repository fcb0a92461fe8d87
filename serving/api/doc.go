// Package api is the HTTP face of Freshrank: routes, JSON, and which error
// becomes which status. It holds no state but counters; what it says it has from
// a [serving.Reader], what it is told goes to a [serving.Submitter] or
// [serving.Runs].
//
// The OpenAPI document is generated from the handlers' types (huma), so that it
// cannot drift from them. docs/http.md has an example of every route.
//
// # Errors
//
// Every error is an application/problem+json ([Problem], RFC 9457), also those
// that no handler sees: an unknown route, a wrong method, a body too large, a
// panic. A problem names the thing, the value and the fix. Status codes: 400 for
// what cannot be read (broken JSON, a forged cursor), 422 for what can be read
// and is refused, 5xx with Retry-After for what is worth another try. A fault of
// ours is logged with the request's id and tells the client no more than that.
//
// # Who may
//
// An API key is sent as a bearer token (RFC 6750) and is good for its scopes;
// each operation names the one that it needs. A route that is registered without
// [Server.needs] is for everyone: a test holds the list of those. Keys are held in
// memory and read anew every two seconds.
//
// # Order of a request
//
// id → metrics and log → panic → CORS → rate limit of the address → key → same site → is there room → body → deadline → place → route.
//
// # Under load
//
// Each class of requests has places and a short queue ([places]); what is more is
// refused with 503 in microseconds, so that what is accepted is answered in time.
// Connections are bounded ([connections]), each step of one has its time, and at the
// end every connection gets its last answer before it is closed ([Server.Run]).
package api
