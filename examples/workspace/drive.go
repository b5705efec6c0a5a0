package workspace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// DriveOptions say what [Drive] does. The zero DriveOptions do.
type DriveOptions struct {
	// Requests is how many requests are made: 0 means 2,000. It takes 30 for each organization, and
	// 30 more, for all that a Summary names to exist; fewer are refused.
	Requests int

	// Seed chooses who does what. Against a new App the same seed gives the same requests and the
	// same answers, but for ids and times.
	Seed uint64

	// Organizations is how many sign up: 0 means 4, at most 8.
	Organizations int

	// Report gets a line now and then. nil: none.
	Report io.Writer

	// Client makes the requests. nil: one with a connection for each organization.
	Client *http.Client
}

// A Summary says what [Drive] did, and where the log has something to show.
type Summary struct {
	Requests int
	Statuses map[int]int // how many answers had which status
	Elapsed  time.Duration

	Organization Named // the first one
	User         Named // its owner, who also signs in below
	Document     Named // one with a long history, in that organization
	Attacked     Named // the organization in which somebody tried passwords

	Email, Password string // the owner's
}

// Named is something with an id and the name that people know it by.
type Named struct{ ID, Name string }

// Drive spends a working day of several organizations in a running App, over HTTP at base, which is
// a URL such as http://127.0.0.1:8090. It signs up, works, makes mistakes, and is attacked.
//
// Each organization has one client, whose requests follow each other; all work at once. Every client
// sends an X-Forwarded-For of its own, which shows in the log if base trusts this machine as a proxy.
// An answer of 500 or above ends the day with an error.
func Drive(ctx context.Context, base string, o DriveOptions) (Summary, error) {
	if o.Requests == 0 {
		o.Requests = 2000
	}
	if o.Organizations == 0 {
		o.Organizations = 4
	}
	if o.Report == nil {
		o.Report = io.Discard
	}
	switch most := len(companyNames); {
	case o.Organizations < 1 || o.Organizations > most:
		return Summary{}, fmt.Errorf("drive: DriveOptions.Organizations must be 1 to %d", most)
	case o.Requests < 30*(o.Organizations+1):
		return Summary{}, fmt.Errorf("drive: DriveOptions.Requests must be %d or more for %d organizations", 30*(o.Organizations+1), o.Organizations)
	}
	if o.Client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = o.Organizations
		defer transport.CloseIdleConnections()
		o.Client = &http.Client{Transport: transport, Timeout: 30 * time.Second}
	}
	d := &driver{base: base, client: o.Client, statuses: map[int]int{}, report: o.Report, started: time.Now(), of: o.Requests}
	companies := make([]*company, o.Organizations)
	for i := range companies {
		share := o.Requests / o.Organizations
		if i < o.Requests%o.Organizations {
			share++
		}
		companies[i] = &company{driver: d, index: i, left: share, rng: rand.New(rand.NewPCG(o.Seed, uint64(i)))}
	}
	companies[len(companies)-1].attacked = true
	// One after the other, so that each knows a document of its neighbour that it must not see.
	for _, c := range companies {
		if err := c.begin(ctx); err != nil {
			return d.summary(companies), fmt.Errorf("drive: %w", err)
		}
	}
	for i, c := range companies {
		if neighbour := companies[(i+1)%len(companies)]; neighbour != c {
			c.foreign = neighbour.documents[0].id
		}
	}
	var wg sync.WaitGroup
	errs := make([]error, len(companies))
	for i, c := range companies {
		wg.Go(func() { errs[i] = c.work(ctx) })
	}
	wg.Wait()
	s := d.summary(companies)
	if err := errors.Join(errs...); err != nil {
		return s, fmt.Errorf("drive: %w", err)
	}
	fmt.Fprintf(o.Report, "%d requests in %v\n", s.Requests, s.Elapsed.Round(time.Millisecond))
	return s, nil
}

func (d *driver) summary(companies []*company) Summary {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := Summary{Requests: d.made, Statuses: d.statuses, Elapsed: time.Since(d.started)}
	first, attacked := companies[0], companies[len(companies)-1]
	s.Organization = Named{first.id, first.name}
	s.Attacked = Named{attacked.id, attacked.name}
	if len(first.people) > 0 {
		owner := first.people[0]
		s.User = Named{owner.id, owner.name}
		s.Email, s.Password = owner.email, owner.password
	}
	if len(first.documents) > 0 {
		s.Document = Named{first.documents[0].id, first.documents[0].name}
	}
	return s
}

// errSpent ends a company's day: its share of the requests is used up.
var errSpent = errors.New("no requests left")
