package workspace

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
)

// A company is one organization of the day: what its people know about their own data, and how many
// requests they have left. One goroutine uses it.
type company struct {
	driver *driver
	index  int
	left   int
	rng    *rand.Rand

	id, name, domain string
	people           []*person // the first is the owner, the second an admin; both stay
	documents        []*file   // the first two stay
	key              agent     // a program with an API key
	keyID            string
	foreign          string // a document of another organization
	attacked         bool   // somebody will try passwords
	hired            int
}

type person struct {
	agent
	id, membership string
	name, email    string
	password       string
	role           Role
}

type file struct {
	id, name string
	archived bool
}

var (
	companyNames  = [...]string{"Acme Analytics", "Birch and Partners", "Cobalt Clinics", "Delta Freight", "Elm Press", "Fjord Energy", "Granite Bank", "Harbor Foods"}
	firstNames    = [...]string{"Ada", "Grace", "Alan", "Edsger", "Barbara", "Ken", "Radia", "Donald", "Frances", "Tony", "Margaret", "Niklaus", "Lynn", "Robin", "Shafi"}
	lastNames     = [...]string{"Okafor", "Lindqvist", "Moreau", "Tanaka", "Novak", "Alvarez", "Fischer", "Rossi", "Kowalski", "Haddad", "Petrov", "Nguyen"}
	documentNames = [...]string{"Quarterly report", "Invoice", "Price list", "Meeting notes", "Budget", "Audit findings", "Data protection agreement", "Roadmap", "Onboarding", "Travel policy"}
	documentTags  = [...]string{"report", "financial", "legal", "draft", "2026", "customer", "internal", "reviewed"}
	userAgents    = [...]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
		"Workspace/4.2 (iPhone; iOS 18.6)",
		"Workspace/4.2 (Android 16)",
	}
)

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// begin makes the organization, five people who sign in, three documents and an API key.
func (c *company) begin(ctx context.Context) error {
	owner := c.newPerson(Owner)
	if err := c.signUp(ctx, owner); err != nil {
		return err
	}
	c.people = []*person{owner}
	if err := c.signIn(ctx, owner); err != nil {
		return err
	}
	for _, role := range []Role{Admin, Member, Member, Member} {
		if err := c.hire(ctx, role); err != nil {
			return err
		}
	}
	first := "Supplier contract"
	for range 3 {
		if err := c.upload(ctx, &pick(c.rng, c.people).agent, first); err != nil {
			return err
		}
		first = ""
	}
	c.key = agent{address: fmt.Sprintf("198.51.100.%d", 10+c.index), userAgent: "backup-tool/1.8"}
	var made struct{ ID, Key string }
	err := c.must(ctx, &owner.agent, call{method: "POST", path: "/api-keys", into: &made,
		body: map[string]any{"name": "production-key"}})
	c.keyID, c.key.token = made.ID, made.Key
	if err == nil {
		c.driver.say("%s: signed up, %d people", c.name, len(c.people))
	}
	return err
}

// signUp tries further names when another day has used up the first one.
func (c *company) signUp(ctx context.Context, owner *person) error {
	base := companyNames[c.index]
	for n := 1; ; n++ {
		c.name = base
		if n > 1 {
			c.name = fmt.Sprintf("%s %d", base, n)
		}
		c.domain = strings.ReplaceAll(strings.ToLower(c.name), " ", "-") + ".example"
		owner.email = c.address(owner.name, c.domain)
		var made struct {
			Organization struct{ ID string }
			User         struct{ ID string }
			Membership   struct{ ID string }
		}
		status, err := c.send(ctx, &owner.agent, call{method: "POST", path: "/organizations", into: &made, body: map[string]any{
			"name": c.name, "owner": map[string]any{"name": owner.name, "email": owner.email, "password": owner.password}}})
		switch {
		case err != nil:
			return err
		case status == http.StatusCreated:
			c.id, owner.id, owner.membership = made.Organization.ID, made.User.ID, made.Membership.ID
			return nil
		case status != http.StatusConflict || n > 100:
			return fmt.Errorf("sign up %s: unexpected status %d", c.name, status)
		}
	}
}

func (c *company) newPerson(role Role) *person {
	p := &person{role: role, name: pick(c.rng, firstNames[:]) + " " + pick(c.rng, lastNames[:]), password: "correct horse " + string(role)}
	p.userAgent = pick(c.rng, userAgents[:])
	if c.rng.IntN(5) == 0 {
		p.agent.address = fmt.Sprintf("2001:db8:%x::%x", c.index+1, 1+c.rng.IntN(1<<16-1))
	} else {
		p.agent.address = fmt.Sprintf("192.0.2.%d", 1+c.rng.IntN(254))
	}
	return p
}

func (c *company) address(name, domain string) string {
	c.hired++
	return fmt.Sprintf("%s.%d@%s", strings.ToLower(strings.ReplaceAll(name, " ", ".")), c.hired, domain)
}

// hire makes an account, and its holder signs in. The mail to every fifth does not arrive.
func (c *company) hire(ctx context.Context, role Role) error {
	p := c.newPerson(role)
	domain := c.domain
	if c.hired%5 == 4 {
		domain = "contractor.invalid"
	}
	p.email = c.address(p.name, domain)
	var made struct{ ID string }
	err := c.must(ctx, &c.people[0].agent, call{method: "POST", path: "/users", into: &made,
		body: map[string]any{"name": p.name, "email": p.email, "password": p.password, "role": role}})
	if err != nil {
		return err
	}
	p.id = made.ID
	if err := c.signIn(ctx, p); err != nil {
		return err
	}
	c.people = append(c.people, p)
	return nil
}

func (c *company) signIn(ctx context.Context, p *person) error {
	var made struct{ Token string }
	// Whoever signs in has no token to show yet.
	from := agent{address: p.agent.address, userAgent: p.userAgent}
	err := c.must(ctx, &from, call{method: "POST", path: "/sign-in", into: &made,
		body: map[string]any{"email": p.email, "password": p.password}})
	p.token = made.Token
	return err
}

// upload stores a document of some hundred to some thousand bytes. name may be empty.
func (c *company) upload(ctx context.Context, from *agent, name string) error {
	if name == "" {
		name = fmt.Sprintf("%s %d", pick(c.rng, documentNames[:]), 1+c.rng.IntN(900))
	}
	name += ".pdf"
	content := make([]byte, 200+c.rng.IntN(4000))
	for i := copy(content, "%PDF-1.7\n"); i < len(content); i++ {
		content[i] = byte(c.rng.Uint32())
	}
	k, err := form(name, "application/pdf", content, pick(c.rng, documentTags[:]), pick(c.rng, documentTags[:]))
	if err != nil {
		return err
	}
	var made struct{ ID string }
	k.into = &made
	if err := c.must(ctx, from, k); err != nil {
		return err
	}
	c.documents = append(c.documents, &file{id: made.ID, name: name})
	return nil
}

// work spends what is left of the company's requests.
func (c *company) work(ctx context.Context) error {
	err := c.tellStory(ctx)
	siege := c.left / 2 // when the attack comes
	for err == nil {
		if c.left <= siege && c.attacked {
			siege = -1
			err = c.attack(ctx)
			continue
		}
		err = c.act(ctx)
	}
	if err == errSpent {
		return nil
	}
	return fmt.Errorf("%s: %w", c.name, err)
}

func (c *company) anyone() *person { return pick(c.rng, c.people) }
func (c *company) boss() *person   { return c.people[c.rng.IntN(2)] }

// someMember returns one of those who may do least.
func (c *company) someMember() *person {
	members := slices.DeleteFunc(slices.Clone(c.people), func(p *person) bool { return p.role != Member })
	if len(members) == 0 {
		return c.people[1]
	}
	return pick(c.rng, members)
}
