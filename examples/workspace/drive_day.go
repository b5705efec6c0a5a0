package workspace

import (
	"context"
	"fmt"
	"net/http"
)

// act does one thing that people do, and mostly makes one request.
func (c *company) act(ctx context.Context) error {
	n := c.rng.IntN(100)
	for _, a := range [...]struct {
		weight int
		do     func(context.Context) error
	}{
		{14, func(ctx context.Context) error { return c.upload(ctx, &c.anyone().agent, "") }},
		{20, c.download},
		{12, c.browse},
		{8, c.revise},
		{5, c.archive},
		{4, c.discard},
		{3, c.tagMany},
		{3, c.promote},
		{6, c.notify},
		{6, c.program},
		{1, c.rotate},
		{2, c.staff},
		{2, c.profile},
		{4, c.mistypePassword},
		{3, c.trespass},
		{3, c.overreach},
		{2, c.blunder},
	} {
		if n -= a.weight; n < 0 {
			return a.do(ctx)
		}
	}
	return c.look(ctx)
}

// try sends a request whose answer may be anything below 500.
func (c *company) try(ctx context.Context, from *agent, method, path string, body any) error {
	_, err := c.send(ctx, from, call{method: method, path: path, body: body})
	return err
}

func (c *company) download(ctx context.Context) error {
	return c.try(ctx, &c.anyone().agent, "GET", "/documents/"+pick(c.rng, c.documents).id+"/content", nil)
}

func (c *company) browse(ctx context.Context) error {
	path := "/documents/" + pick(c.rng, c.documents).id
	switch c.rng.IntN(5) {
	case 0:
		path = "/documents?limit=20"
	case 1:
		path = "/documents?tag=" + pick(c.rng, documentTags[:])
	case 2:
		path = "/users"
	}
	return c.try(ctx, &c.anyone().agent, "GET", path, nil)
}

func (c *company) revise(ctx context.Context) error {
	d := pick(c.rng, c.documents)
	return c.try(ctx, &c.anyone().agent, "PATCH", "/documents/"+d.id, map[string]any{
		"tags": []string{pick(c.rng, documentTags[:]), pick(c.rng, documentTags[:])}})
}

// archive is sometimes done twice, which is a conflict.
func (c *company) archive(ctx context.Context) error {
	d := pick(c.rng, c.documents)
	if d.archived && c.rng.IntN(3) > 0 {
		d.archived = false
		return c.try(ctx, &c.anyone().agent, "PATCH", "/documents/"+d.id, map[string]any{"status": StatusActive})
	}
	d.archived = true
	return c.try(ctx, &c.anyone().agent, "POST", "/documents/"+d.id+"/archive", nil)
}

func (c *company) discard(ctx context.Context) error {
	if len(c.documents) <= 2 {
		return c.upload(ctx, &c.anyone().agent, "")
	}
	i := 2 + c.rng.IntN(len(c.documents)-2)
	id := c.documents[i].id
	c.documents = append(c.documents[:i], c.documents[i+1:]...)
	return c.try(ctx, &c.anyone().agent, "DELETE", "/documents/"+id, nil)
}

func (c *company) tagMany(ctx context.Context) error {
	ids := []string{}
	for range 2 + c.rng.IntN(8) {
		ids = append(ids, pick(c.rng, c.documents).id)
	}
	return c.try(ctx, &c.anyone().agent, "POST", "/documents/batch-tag",
		map[string]any{"document_ids": ids, "add": []string{pick(c.rng, documentTags[:])}, "remove": []string{"draft"}})
}

// promote changes a role back and forth. The list of memberships tells their ids.
func (c *company) promote(ctx context.Context) error {
	p := c.people[2+c.rng.IntN(len(c.people)-2)]
	if p.membership == "" {
		var list struct {
			Memberships []struct {
				ID     string `json:"id"`
				UserID string `json:"user_id"`
			} `json:"memberships"`
		}
		if err := c.must(ctx, &c.people[0].agent, call{method: "GET", path: "/memberships", into: &list}); err != nil {
			return err
		}
		for _, m := range list.Memberships {
			for _, p := range c.people {
				if p.id == m.UserID {
					p.membership = m.ID
				}
			}
		}
	}
	if p.role == Member {
		p.role = Admin
	} else {
		p.role = Member
	}
	return c.must(ctx, &c.people[0].agent, call{method: "PATCH", path: "/memberships/" + p.membership,
		body: map[string]any{"role": p.role}})
}

func (c *company) notify(ctx context.Context) error {
	d := pick(c.rng, c.documents)
	return c.try(ctx, &c.anyone().agent, "POST", "/notifications",
		map[string]any{"user_id": c.anyone().id, "subject": "Please review " + d.name, "message": "It is due on Friday."})
}

// program is what runs at night with an API key.
func (c *company) program(ctx context.Context) error {
	if c.rng.IntN(4) == 0 {
		return c.upload(ctx, &c.key, "Backup manifest")
	}
	return c.try(ctx, &c.key, "GET", "/documents/"+pick(c.rng, c.documents).id+"/content", nil)
}

// rotate replaces the key, and the old one is refused once.
func (c *company) rotate(ctx context.Context) error {
	var made struct{ ID, Key string }
	err := c.must(ctx, &c.people[0].agent, call{method: "POST", path: "/api-keys/" + c.keyID + "/rotate", into: &made})
	if err != nil {
		return err
	}
	old := c.key
	c.keyID, c.key.token = made.ID, made.Key
	return c.try(ctx, &old, "GET", "/documents/"+c.documents[0].id+"/content", nil)
}

// staff comes and goes. Who has gone tries once more.
func (c *company) staff(ctx context.Context) error {
	if len(c.people) < 8 {
		return c.hire(ctx, Member)
	}
	last := len(c.people) - 1
	gone := c.people[last]
	c.people = c.people[:last]
	if err := c.try(ctx, &c.people[0].agent, "DELETE", "/users/"+gone.id, nil); err != nil {
		return err
	}
	return c.try(ctx, &gone.agent, "GET", "/documents/"+c.documents[0].id+"/content", nil)
}

func (c *company) profile(ctx context.Context) error {
	i := 2 + c.rng.IntN(len(c.people)-2)
	p := c.people[i]
	switch c.rng.IntN(3) {
	case 0:
		p.name = pick(c.rng, firstNames[:]) + " " + pick(c.rng, lastNames[:])
		p.email = c.address(p.name, c.domain)
		return c.must(ctx, &c.people[0].agent, call{method: "PATCH", path: "/users/" + p.id,
			body: map[string]any{"name": p.name, "email": p.email}})
	case 1:
		p.email = c.address(p.name, c.domain)
		return c.must(ctx, &p.agent, call{method: "PUT", path: "/me/email", body: map[string]any{"email": p.email}})
	}
	old := p.password
	p.password = fmt.Sprintf("battery staple %d", c.rng.IntN(1e6))
	return c.must(ctx, &p.agent, call{method: "PUT", path: "/me/password",
		body: map[string]any{"old_password": old, "new_password": p.password}})
}

// mistypePassword fails once and then signs in.
func (c *company) mistypePassword(ctx context.Context) error {
	p := c.anyone()
	from := agent{address: p.agent.address, userAgent: p.userAgent}
	if c.rng.IntN(4) == 0 {
		if err := c.try(ctx, &from, "POST", "/sign-in", map[string]any{"email": p.email, "password": p.password + "!"}); err != nil {
			return err
		}
	}
	return c.signIn(ctx, p)
}

// trespass reaches for a document of another organization, or for one that nobody has.
func (c *company) trespass(ctx context.Context) error {
	id := c.foreign
	if id == "" || c.rng.IntN(2) == 0 {
		id = fmt.Sprintf("01980000-0000-7000-8000-%012x", c.rng.Uint64()>>16)
	}
	return c.try(ctx, &c.someMember().agent, "GET", "/documents/"+id, nil)
}

// overreach asks for what the role does not allow, or without a token.
func (c *company) overreach(ctx context.Context) error {
	from := c.someMember().agent
	switch c.rng.IntN(4) {
	case 0:
		return c.try(ctx, &from, "DELETE", "/users/"+c.people[0].id, nil)
	case 1:
		return c.try(ctx, &from, "POST", "/api-keys", map[string]any{"name": "mine"})
	case 2:
		return c.try(ctx, &from, "GET", "/documents/export", nil)
	}
	from.token = ""
	return c.try(ctx, &from, "GET", "/documents", nil)
}

// blunder sends what is refused as invalid.
func (c *company) blunder(ctx context.Context) error {
	boss := &c.boss().agent
	switch c.rng.IntN(4) {
	case 0:
		return c.try(ctx, boss, "POST", "/users", map[string]any{"name": "Typo", "email": "invalid-email", "password": "correct horse"})
	case 1:
		return c.try(ctx, boss, "POST", "/users", map[string]any{"name": "Twice", "email": c.people[0].email, "password": "correct horse"})
	case 2:
		return c.try(ctx, boss, "PATCH", "/documents/"+c.documents[1].id, map[string]any{"status": "lost"})
	}
	return c.try(ctx, boss, "POST", "/documents/batch-tag", map[string]any{"document_ids": []string{}})
}

// look is what administrators do with the log itself, and with everything at once.
func (c *company) look(ctx context.Context) error {
	boss := &c.boss().agent
	switch c.rng.IntN(4) {
	case 0:
		return c.try(ctx, boss, "GET", "/audit-log/"+pick(c.rng, c.documents).id, nil)
	case 1:
		return c.try(ctx, boss, "GET", "/reports/users/"+c.anyone().id+"?days=30", nil)
	case 2:
		return c.try(ctx, boss, "GET", "/reports/actions", nil)
	}
	return c.try(ctx, boss, "GET", "/documents/export", nil)
}

// tellStory gives the first document of the first company a history with a bit of everything.
func (c *company) tellStory(ctx context.Context) error {
	if c.index != 0 {
		return nil
	}
	d, owner, admin, member := c.documents[0], &c.people[0].agent, &c.people[1].agent, &c.people[2].agent
	path := "/documents/" + d.id
	d.name = "Supplier contract 2026.pdf"
	for _, step := range []struct {
		from         *agent
		method, path string
		body         any
		header       map[string]string
	}{
		{from: member, method: "GET", path: path + "/content"},
		{from: admin, method: "PATCH", path: path, body: map[string]any{"filename": d.name, "tags": []string{"legal", "supplier", "draft"}}},
		{from: member, method: "GET", path: path + "/content", header: map[string]string{"Range": "bytes=0-99"}},
		{from: &c.key, method: "GET", path: path + "/content"},
		{from: admin, method: "PATCH", path: path, body: map[string]any{"tags": []string{"legal", "supplier", "signed"}}},
		{from: admin, method: "POST", path: path + "/archive"},
		{from: member, method: "POST", path: path + "/archive"}, // a conflict
		{from: owner, method: "PATCH", path: path, body: map[string]any{"status": StatusActive}},
		{from: &agent{address: member.address, userAgent: member.userAgent}, method: "GET", path: path + "/content"}, // not signed in
		{from: owner, method: "GET", path: path + "/content"},
		{from: owner, method: "GET", path: "/audit-log/" + d.id},
	} {
		_, err := c.send(ctx, step.from, call{method: step.method, path: step.path, body: step.body, header: step.header})
		if err != nil {
			return err
		}
	}
	return nil
}

// attack tries passwords of the owner from one address: the guide's brute force. It then tries
// addresses that nobody has.
func (c *company) attack(ctx context.Context) error {
	from := agent{address: "203.0.113.66", userAgent: "python-requests/2.32.4"}
	for i, password := range []string{"123456789", "password1", "qwertyuiop", "letmein2026", "iloveyou1", "admin12345", "welcome123",
		"monkey1234", "football1", "sunshine99", "princess22", "dragon2026", "baseball7", "trustno111"} {
		status, err := c.send(ctx, &from, call{method: "POST", path: "/sign-in", body: map[string]any{"email": c.people[0].email, "password": password}})
		if err != nil {
			return err
		}
		if status != http.StatusUnauthorized {
			return fmt.Errorf("attempt %d: unexpected status %d", i+1, status)
		}
	}
	for _, name := range []string{"root", "admin", "office", "test"} {
		if err := c.try(ctx, &from, "POST", "/sign-in", map[string]any{"email": name + "@" + c.domain, "password": "password1"}); err != nil {
			return err
		}
	}
	return nil
}
