package access

import (
	"fmt"
	"slices"
	"strings"
)

// A Permission is one thing that a [Principal] may do, in the organizations that are its own.
type Permission string

// All permissions. Nothing follows from another one: who may export need not be able to read.
const (
	Record      Permission = "record"       // append entries
	Read        Permission = "read"         // query, count and tail entries; save views
	Export      Permission = "export"       // take entries away as a file
	Proof       Permission = "proof"        // proofs, checkpoints and, without a filter, the whole tree
	Mint        Permission = "mint"         // make viewer tokens
	Keys        Permission = "keys"         // make, list, rotate and revoke API keys
	Rules       Permission = "rules"        // change detection rules
	AlertsWrite Permission = "alerts:write" // change the state of alerts
	Streams     Permission = "streams"      // change streams and their destinations
	Redaction   Permission = "redaction"    // change redaction rules
	Retention   Permission = "retention"    // change retention policies
	Hold        Permission = "hold"         // place and lift legal holds
	Anonymize   Permission = "anonymize"    // anonymize a person; no role has it
	Follow      Permission = "follow"       // read the order of all organizations; only for credentials of all
	Relay       Permission = "relay"        // append what another Daybook has made, as it is; no role has it
)

// AllPermissions returns every permission there is.
func AllPermissions() []Permission {
	return []Permission{Record, Read, Export, Proof, Mint, Keys, Rules, AlertsWrite, Streams, Redaction, Retention, Hold, Anonymize, Follow, Relay}
}

// A Role is a name for permissions that go together.
type Role struct {
	Name        string
	For         string // whom it suits
	Permissions []Permission
}

// Roles returns every role: the one table of them.
func Roles() []Role {
	return []Role{
		{"recorder", "an application that records", []Permission{Record}},
		{"reader", "a person who looks things up", []Permission{Read}},
		{"auditor", "a person who reads, takes away and checks", []Permission{Read, Export, Proof}},
		{"embedder", "the back end of an application that shows the log to its users", []Permission{Record, Read, Export, Proof, Mint}},
		{"admin", "who runs an organization's log", []Permission{Record, Read, Export, Proof, Mint, Keys, Rules, AlertsWrite, Streams, Redaction, Retention, Hold}},
		{"follower", "a mirror of the whole log", []Permission{Follow}},
	}
}

// ParsePermissions reads names of permissions and of roles, and returns the permissions, each once
// and in the order of AllPermissions. Its error names the first word that is neither.
func ParsePermissions(words ...string) ([]Permission, error) {
	var found []Permission
	for _, word := range words {
		switch p := Permission(word); {
		case slices.Contains(AllPermissions(), p):
			found = append(found, p)
		default:
			i := slices.IndexFunc(Roles(), func(r Role) bool { return r.Name == word })
			if i < 0 {
				return nil, fmt.Errorf("%.40q is neither a permission nor a role: use %s", word, permissionWords())
			}
			found = append(found, Roles()[i].Permissions...)
		}
	}
	return inOrder(found), nil
}

func permissionWords() string {
	var words []string
	for _, r := range Roles() {
		words = append(words, r.Name)
	}
	for _, p := range AllPermissions() {
		words = append(words, string(p))
	}
	return strings.Join(words, ", ")
}

// inOrder returns the permissions that there are, each once, in the order of AllPermissions.
func inOrder(permissions []Permission) []Permission {
	var ordered []Permission
	for _, p := range AllPermissions() {
		if slices.Contains(permissions, p) {
			ordered = append(ordered, p)
		}
	}
	return ordered
}
