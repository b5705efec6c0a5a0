package access

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	// ErrForeign means that a principal asked for an organization that is not one of its own.
	// Answer as for an organization that does not exist: 404.
	ErrForeign = errors.New("no such organization")

	// ErrWhichOrganization means that a principal of several organizations did not say which one
	// it means. Answer 400 and name the parameter.
	ErrWhichOrganization = errors.New("name the organization: this credential has several")
)

// A Principal is who sends a request, as its credential says, and what that one may do. Only this
// package makes one: [Authenticator.Authenticate] from a request. The zero Principal is nobody and
// may do nothing. It is never changed, so it may be kept and shared.
type Principal struct{ p *principal }

type principal struct {
	id            string
	user          string
	permissions   []Permission
	organizations []string // with UUIDs in lower case
	all           bool     // every organization there is
	filter        string
	origin        string
	expires       time.Time
	session       string  // the id of the session, "" for another credential
	makers        []maker // what a credential ends with that this one makes
}

// token reports whether p is a viewer token.
func (p *principal) token() bool { return strings.HasPrefix(p.id, "token:") }

// ID names the credential, for rates, for Entry.RecordedBy and for logs: "key:<id>" for an API
// key, "token:<id>" for a viewer token, "jwt:<issuer>#<client>" for a JWT (without "#<client>" if
// it names none), and "operator" for whoever has the data. A session has the ID of the credential
// that it was made with.
func (p Principal) ID() string {
	if p.p == nil {
		return ""
	}
	return p.p.id
}

// UserID is the person who acts: the subject of a JWT, or whom a viewer token was made for. It is ""
// for an API key, which is a program.
func (p Principal) UserID() string {
	if p.p == nil {
		return ""
	}
	return p.p.user
}

// IsZero reports whether p is nobody.
func (p Principal) IsZero() bool { return p.p == nil }

// Can reports whether p has the permission.
func (p Principal) Can(permission Permission) bool {
	return p.p != nil && slices.Contains(p.p.permissions, permission)
}

// Permissions returns what p may do, in the order of [AllPermissions].
func (p Principal) Permissions() []Permission {
	if p.p == nil {
		return []Permission{}
	}
	return append([]Permission{}, p.p.permissions...)
}

// Organizations returns the names of the organizations that p may act in. all means every
// organization there is; then there are no names.
func (p Principal) Organizations() (names []string, all bool) {
	if p.p == nil {
		return []string{}, false
	}
	return append([]string{}, p.p.organizations...), p.p.all
}

// Organization returns the organization that p acts in: the one that is asked for, or, when asked
// is "", the only one that p has. Its error is ErrForeign or ErrWhichOrganization.
func (p Principal) Organization(asked string) (Organization, error) {
	if p.p == nil {
		return Organization{}, ErrForeign
	}
	if asked == "" {
		if p.p.all || len(p.p.organizations) != 1 {
			return Organization{}, ErrWhichOrganization
		}
		return Organization{p.p.organizations[0]}, nil
	}
	asked = foldUUID(asked)
	if p.p.all && isOrganization(asked) || slices.Contains(p.p.organizations, asked) {
		return Organization{asked}, nil
	}
	return Organization{}, ErrForeign
}

// Filter is what p is limited to, as the canonical text of a filter; "" is no limit. Only viewer
// tokens have one. Join it with every query, as a tree and not as text.
func (p Principal) Filter() string {
	if p.p == nil {
		return ""
	}
	return p.p.filter
}

// Origin is the origin of the pages that a viewer token may be used from, "" for any. Authenticate
// has compared it with the request's; it is here for the answer's CORS headers.
func (p Principal) Origin() string {
	if p.p == nil {
		return ""
	}
	return p.p.origin
}

// Expires is when p ends, and streams to it must; zero if it does not.
func (p Principal) Expires() time.Time {
	if p.p == nil {
		return time.Time{}
	}
	return p.p.expires
}

// ByCookie reports whether the credential came in a cookie, which browsers send on their own:
// requests that change something then need protection from other origins
// (net/http.CrossOriginProtection).
func (p Principal) ByCookie() bool { return p.p != nil && p.p.session != "" }

// An Organization is one that a [Principal] may act in. Only [Principal.Organization] makes one, so
// code that takes an Organization instead of a string cannot be reached without that check. The
// zero Organization is none, and every store refuses it.
type Organization struct{ name string }

// String returns the name that stores know the organization by.
func (o Organization) String() string { return o.name }

// maxOrganization is how many characters the name of an organization may have.
const maxOrganization = 255

// isOrganization reports whether stores take the name: a credential for every organization is for
// those with odd names too.
func isOrganization(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsRune(s, 0) && utf8.RuneCountInString(s) <= maxOrganization
}

// foldUUID returns s, in lower case if it is a UUID, as stores have it. Everything else is compared
// byte by byte.
func foldUUID(s string) string {
	if len(s) != 36 {
		return s
	}
	for i, c := range []byte(s) {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return s
			}
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return s
		}
	}
	return strings.ToLower(s)
}

// Operator returns the principal of whoever has the data itself: the command line on its own data,
// and a server that was told to ask for no credential. It may do everything in every organization.
// user is who that person says to be, and may be "". No handler of requests may call it; the test of
// the architecture holds that.
func Operator(user string) Principal {
	return Principal{&principal{id: "operator", user: user, permissions: AllPermissions(), all: true}}
}
