package ledger

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// A Disclosure is what a proof tells of its entry: what is in clear in the leaf, its commitments, and
// the values of the fields that were chosen. Of the others it tells nothing, not even whether they
// are empty.
type Disclosure struct {
	Leaf   Leaf
	Values map[string]any // by field; an absent value is nil, details are an object
}

type disclosureJSON struct {
	Action       daybook.Action            `json:"action"`
	ActorType    daybook.ActorType         `json:"actor_type"`
	Commitments  map[string][]byte         `json:"commitments"`
	Control      string                    `json:"control,omitempty"`
	CreatedAt    int64                     `json:"created_at"` // microseconds
	Disclosed    map[string]disclosedValue `json:"disclosed"`
	ID           daybook.ID                `json:"id"`
	Kind         Kind                      `json:"kind"`
	Outcome      daybook.Outcome           `json:"outcome"`
	ResourceType string                    `json:"resource_type"`
}

type disclosedValue struct {
	Salt  []byte          `json:"salt"`
	Value json.RawMessage `json:"value"` // null: absent
}

// Disclose returns the Extra of a proof of the entry that shows these fields. Their salts are told
// with them, and never the entry's own, with which the others could be guessed. A field of which a
// part was erased cannot be disclosed.
func (s *Sealed) Disclose(origin string, fields ...string) ([]byte, error) {
	l, err := s.Leaf(origin)
	if err != nil {
		return nil, err
	}
	d := disclosureJSON{Action: l.Action, ActorType: l.ActorType, Commitments: map[string][]byte{}, Control: l.Control, CreatedAt: l.CreatedAt.UnixMicro(),
		Disclosed: map[string]disclosedValue{}, ID: l.ID, Kind: l.Kind, Outcome: l.Outcome, ResourceType: l.ResourceType}
	var kept *erased
	if s.Erased != "" {
		if kept, err = parseErased(s.Erased); err != nil {
			return nil, err
		}
	}
	values := texts(&s.Entry)
	for i, name := range fieldNames[1:] {
		d.Commitments[name] = l.Commitments[i][:]
		if !slices.Contains(fields, name) {
			continue
		}
		var c committer
		salt := c.field(s.Salt, s.ID, byte(i+1))
		if kept != nil {
			var whole bool
			if salt, whole = kept.salt[name]; !whole {
				return nil, fmt.Errorf("%s cannot be disclosed: some of it was erased", name)
			}
		}
		value := []byte("null")
		switch {
		case i+1 == fieldDetails && len(s.Details) > 0:
			if value, err = s.Details.Canonical(); err != nil {
				return nil, err
			}
		case values[i] != "":
			value = appendJSONText(nil, values[i])
		}
		d.Disclosed[name] = disclosedValue{salt[:], value}
	}
	for _, f := range fields {
		if _, ok := d.Disclosed[f]; !ok {
			return nil, fmt.Errorf("%.60q is no field that can be disclosed: %s", f, strings.Join(fieldNames[1:], ", "))
		}
	}
	return json.Marshal(d)
}

func openDisclosure(extra []byte, origin string) (Disclosure, error) {
	if len(extra) == 0 {
		return Disclosure{}, errors.New("the proof does not tell what the leaf is made of")
	}
	var j disclosureJSON
	r := json.NewDecoder(strings.NewReader(string(extra)))
	r.DisallowUnknownFields()
	if err := r.Decode(&j); err != nil {
		return Disclosure{}, fmt.Errorf("what the proof tells of the leaf is not readable: %w", err)
	}
	// One text for one meaning: encoding/json takes names in any case, and the last of two.
	if again, err := json.Marshal(j); err != nil || string(again) != string(extra) {
		return Disclosure{}, errors.New("what the proof tells of the leaf is not in its one form")
	}
	d := Disclosure{Values: map[string]any{}, Leaf: Leaf{Kind: j.Kind, Origin: origin, ID: j.ID, CreatedAt: time.UnixMicro(j.CreatedAt).UTC(), Action: j.Action,
		ResourceType: j.ResourceType, ActorType: j.ActorType, Outcome: j.Outcome, Control: j.Control}}
	if len(j.Commitments) != committedFields {
		return d, fmt.Errorf("the proof has %d commitments", len(j.Commitments))
	}
	for i, name := range fieldNames[1:] {
		c := j.Commitments[name]
		if len(c) != len(Commitment{}) {
			return d, fmt.Errorf("the proof has no commitment of %s", name)
		}
		d.Leaf.Commitments[i] = Commitment(c)
	}
	for name, shown := range j.Disclosed {
		i := slices.Index(fieldNames[1:], name)
		if i < 0 || len(shown.Salt) != len(Salt{}) {
			return d, fmt.Errorf("the proof discloses %.60q, which is no field", name)
		}
		v, c, err := commitDisclosed(i+1, Salt(shown.Salt), shown.Value)
		if err != nil {
			return d, fmt.Errorf("%s: %w", name, err)
		}
		if c != d.Leaf.Commitments[i] {
			return d, fmt.Errorf("the value of %s is not the one that was recorded (commitment %s)", name, base64.StdEncoding.EncodeToString(c[:]))
		}
		d.Values[name] = v
	}
	return d, nil
}

func commitDisclosed(field int, salt Salt, value json.RawMessage) (any, Commitment, error) {
	var c committer
	if string(value) == "null" {
		return nil, c.value(salt, typeAbsent, ""), nil
	}
	if field == fieldDetails {
		details, err := daybook.ParseDetails(value)
		if err != nil {
			return nil, Commitment{}, err
		}
		canonical, err := details.Canonical()
		if err != nil {
			return nil, Commitment{}, err
		}
		sum, err := c.canonical(salt, canonical)
		return details, sum, err
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return nil, Commitment{}, err
	}
	return s, c.text(salt, s), nil
}
