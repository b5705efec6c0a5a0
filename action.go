package daybook

import "fmt"

// Action is what was done: one of the four of the guide, or one that the application registers
// in [Options.Actions]. Upper-case letters, digits and underscores, at most [MaxAction].
type Action string

// The four actions that every Recorder knows.
const (
	Create Action = "CREATE"
	Read   Action = "READ"
	Update Action = "UPDATE"
	Delete Action = "DELETE"
)

// check reports whether a is well formed. Whether it is registered is the Recorder's question:
// stores keep whatever a Recorder once accepted.
func (a Action) check() error {
	switch {
	case a == "":
		return &FieldError{"action", "is missing"}
	case len(a) > MaxAction:
		return &FieldError{"action", fmt.Sprintf("is longer than %d characters", MaxAction)}
	}
	for i := range len(a) {
		c := a[i]
		if !('A' <= c && c <= 'Z' || i > 0 && ('0' <= c && c <= '9' || c == '_')) {
			return &FieldError{"action", fmt.Sprintf("is %q, but must be upper-case letters, digits and underscores, beginning with a letter", string(a))}
		}
	}
	return nil
}

// ActorType says what kind of user acted.
type ActorType string

// The actor types. Where an entry names none, it is the scope's, else ActorUser for an entry with
// a user and ActorSystem for one without.
const (
	ActorUser    ActorType = "user"
	ActorAPIKey  ActorType = "api_key"
	ActorService ActorType = "service"
	ActorSystem  ActorType = "system"
)

func (t ActorType) check() error {
	switch t {
	case ActorUser, ActorAPIKey, ActorService, ActorSystem:
		return nil
	}
	return &FieldError{"actor_type", fmt.Sprintf("is %.40q, but must be user, api_key, service or system", string(t))}
}

// Outcome says how it ended.
type Outcome string

// The outcomes. An entry that names none is a success.
const (
	Success Outcome = "success" // it was done
	Failure Outcome = "failure" // it was tried and did not work
	Denied  Outcome = "denied"  // the user was not allowed to: 401, 403, a failed sign-in
)

func (o Outcome) check() error {
	switch o {
	case Success, Failure, Denied:
		return nil
	}
	return &FieldError{"outcome", fmt.Sprintf("is %.40q, but must be success, failure or denied", string(o))}
}
