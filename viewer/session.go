package viewer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/daybookdev/daybook/access"
)

// An Authenticator says who a request comes from. *access.Authenticator is one.
type Authenticator interface {
	Authenticate(ctx context.Context, r *http.Request) (access.Principal, error)
}

// Sessions keeps who is signed in, on the server's side. A session is known by a secret that only
// its cookie holds.
type Sessions interface {
	// Begin makes a session of the principal and returns its secret and when it ends.
	Begin(ctx context.Context, p access.Principal) (secret string, expires time.Time, err error)

	// End ends a session. One that is not there is no error.
	End(ctx context.Context, secret string) error
}

// session signs in and out, and says who is. POST takes the credential where every request has it, in the header
// Authorization, and answers with a cookie; DELETE ends the session that the cookie names.
//
// Browsers send cookies on their own, so both are refused when they come from another origin; a page
// of another origin cannot set Authorization without asking, and is not answered when it asks.
func (v *Viewer) session() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /session", v.signedIn)
	if v.config.Sessions == nil {
		return mux
	}
	mux.HandleFunc("POST /session", v.signIn)
	mux.HandleFunc("DELETE /session", v.signOut)
	var protection http.CrossOriginProtection
	protection.SetDenyHandler(http.HandlerFunc(crossOrigin))
	return protection.Handler(mux)
}

// signedIn says whether the request has a good credential, so that the page knows what to show without
// an answer that browsers report as an error. Without sessions the API asks for none.
func (v *Viewer) signedIn(w http.ResponseWriter, r *http.Request) {
	in := v.config.Sessions == nil
	if !in {
		p, err := v.config.Authenticator.Authenticate(r.Context(), r)
		if in = err == nil && p.Can(access.Read); err != nil && !errors.Is(err, access.ErrUnauthenticated) {
			v.config.Logger.ErrorContext(r.Context(), "who is signed in could not be found out", "error", err)
			refuse(w, http.StatusServiceUnavailable, "unavailable", "the server cannot answer now: try again")
			return
		}
	}
	answer(w, http.StatusOK, map[string]any{"signed_in": in})
}

func (v *Viewer) signIn(w http.ResponseWriter, r *http.Request) {
	if _, err := r.Cookie(access.SessionCookieName); err == nil {
		r = withoutCookies(r) // whoever signs in means the credential, not the session that there is
	}
	p, err := v.config.Authenticator.Authenticate(r.Context(), r)
	switch {
	case err == nil && p.Can(access.Read):
	case err == nil, errors.Is(err, access.ErrNoOrganization):
		refuse(w, http.StatusForbidden, "forbidden", "this credential does not allow reading, so there is nothing to sign in to")
		return
	case errors.Is(err, access.ErrUnauthenticated):
		refuse(w, http.StatusUnauthorized, "unauthenticated", "this credential is not good")
		return
	default:
		v.config.Logger.ErrorContext(r.Context(), "sign-in failed", "error", err)
		refuse(w, http.StatusServiceUnavailable, "unavailable", "the server cannot answer now: try again")
		return
	}
	secret, expires, err := v.config.Sessions.Begin(r.Context(), p)
	if errors.Is(err, access.ErrForbidden) {
		refuse(w, http.StatusForbidden, "forbidden", "a viewer token does not sign in: use an API key or a JWT")
		return
	}
	if err != nil {
		v.config.Logger.ErrorContext(r.Context(), "sign-in failed", "error", err)
		refuse(w, http.StatusServiceUnavailable, "unavailable", "the server cannot answer now: try again")
		return
	}
	http.SetCookie(w, cookie(secret, expires))
	answer(w, http.StatusCreated, map[string]any{"expires": expires.UTC()})
}

func (v *Viewer) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(access.SessionCookieName); err == nil {
		if err := v.config.Sessions.End(r.Context(), c.Value); err != nil {
			v.config.Logger.ErrorContext(r.Context(), "sign-out failed", "error", err)
			refuse(w, http.StatusServiceUnavailable, "unavailable", "the server cannot answer now: try again")
			return
		}
	}
	gone := cookie("", time.Unix(1, 0))
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
}

// cookie is one that scripts cannot read, that no other site's request carries, and whose name only
// this host may set (the prefix __Host-).
func cookie(secret string, expires time.Time) *http.Cookie {
	return &http.Cookie{Name: access.SessionCookieName, Value: secret, Path: "/", Expires: expires, HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode}
}

func withoutCookies(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	r.Header.Del("Cookie")
	return r
}

func refuse(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	answer(w, status, map[string]any{"title": http.StatusText(status), "status": status, "code": code, "detail": detail})
}

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of strings and times
	}
	h := w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that is gone gets nothing, and nothing is left to do
}

func crossOrigin(w http.ResponseWriter, _ *http.Request) {
	refuse(w, http.StatusForbidden, "cross_origin", "the request comes from another origin")
}
