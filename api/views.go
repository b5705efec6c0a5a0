package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/internal/own"
)

// kindView is that of saved views among documents.
const kindView = "view"

const (
	maxViewName = 100
	maxViews    = 500 // of one organization
)

// A view is a filter under a name, with its zone and how it is shown.
type view struct {
	Name      string    `json:"name"`
	Query     string    `json:"q"`
	Zone      string    `json:"tz,omitempty"`
	Order     string    `json:"order,omitempty"`
	Columns   []string  `json:"columns,omitempty"`
	Shared    bool      `json:"shared"`   // everybody of the organization sees it; otherwise its owner alone
	Owner     string    `json:"owner"`    // user id, or the credential's where there is none
	Revision  int64     `json:"revision"` // for If-Match
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// documents returns where the server keeps its own records.
func (a *API) documents() (daybook.Documents, error) {
	d, ok := a.config.Store.(daybook.Documents)
	if !ok {
		return nil, refuse(http.StatusNotFound, "not_found", "this server keeps no documents, since its store has no place for them")
	}
	return d, nil
}

// owner says whose views the caller's are.
func (c *call) owner() string { return or(c.principal.UserID(), c.principal.ID()) }

// sees reports whether the caller sees the view. What is shared is not for credentials that are limited
// to a part of the log: the filters of others tell of the rest.
func (c *call) sees(v view) bool {
	return v.Owner == c.owner() || v.Shared && c.principal.Filter() == ""
}

// savedViews lists the views that the caller sees: shared ones, and its own.
func (a *API) savedViews(c *call) (answer, error) {
	org, err := c.organization()
	if err != nil {
		return answer{}, err
	}
	if err := c.session(); err != nil {
		return answer{}, err
	}
	d, err := a.documents()
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	views := []view{}
	docs, err := d.ListDocuments(ctx, kindView, org.String(), "", maxViews)
	if err != nil {
		return answer{}, err
	}
	for _, doc := range docs {
		v, err := readView(doc)
		if err != nil {
			return answer{}, err
		}
		if c.sees(v) {
			views = append(views, v)
		}
	}
	return answer{body: map[string]any{"views": views}}, nil
}

func readView(d daybook.Document) (v view, err error) {
	if err = json.Unmarshal(d.Content, &v); err != nil {
		return v, fmt.Errorf("read the saved view %q: %w", d.Name, err)
	}
	v.Revision, v.UpdatedAt = d.Revision, d.UpdatedAt
	return v, nil
}

// askView reads a view from the body.
func (c *call) askView(name string) (v view, err error) {
	d, err := c.readDocument()
	if err != nil {
		return v, err
	}
	v = view{Name: or(name, d.text("name")), Query: d.text("q"), Zone: d.text("tz"), Order: d.choice("order", "newest", "oldest"),
		Columns: d.texts("columns"), Shared: d.flag("shared"), Owner: c.owner()}
	if name != "" {
		if given := d.text("name"); given != "" && given != name {
			d.refuse("name", "is not that of the path")
		}
	}
	checkViewName(d, v.Name)
	if len(v.Columns) > 50 {
		d.refuse("columns", "has more than 50 items")
	}
	if _, err := zone("tz", v.Zone); err != nil {
		d.errs = append(d.errs, err)
	}
	if err := d.end(); err != nil {
		return v, err
	}
	return v, c.filter(&asked{zone: time.UTC}, v.Query, nil) // what a view finds must at least be a filter
}

func checkViewName(d *document, name string) {
	switch n := len([]rune(name)); {
	case name == "":
		d.refuse("name", "is missing")
	case n > maxViewName:
		d.refuse("name", fmt.Sprintf("is longer than %d characters", maxViewName))
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '/' || r == 0x7f }):
		d.refuse("name", "contains a slash or a control character")
	}
}

// makeView saves a view under a new name.
func (a *API) makeView(c *call) (answer, error) {
	return a.saveView(c, daybook.Create, "", http.StatusCreated)
}

// changeView replaces one. If-Match, when it is sent, must name the revision that is replaced.
func (a *API) changeView(c *call) (answer, error) {
	return a.saveView(c, daybook.Update, c.r.PathValue("name"), http.StatusOK)
}

func (a *API) saveView(c *call, action daybook.Action, name string, status int) (answer, error) {
	org, err := c.organization()
	if err != nil {
		return answer{}, err
	}
	v, err := c.askView(name)
	if err != nil {
		return answer{}, err
	}
	if v.Shared && c.principal.Filter() != "" {
		return answer{}, errForbidden
	}
	d, err := a.documents()
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := c.writing()
	defer cancel()
	doc := daybook.Document{Kind: kindView, Organization: org.String(), Name: v.Name}
	if action == daybook.Update {
		old, err := c.ownView(org, v.Name)
		if err != nil {
			return answer{}, err
		}
		doc.Revision, v.Owner = old.Revision, old.Owner
	} else if docs, err := d.ListDocuments(ctx, kindView, org.String(), "", maxViews); err != nil {
		return answer{}, err
	} else if len(docs) == maxViews {
		return answer{}, refuse(http.StatusConflict, "too_many_views", fmt.Sprintf("the organization has %d saved views: delete one first", maxViews))
	}
	if doc.Content, err = json.Marshal(v); err != nil {
		return answer{}, err
	}
	if err := c.note(org.String(), daybook.Entry{Action: action, ResourceType: own.SavedView, ResourceID: v.Name,
		Details: daybook.Details{"filter": v.Query, "shared": v.Shared}}); err != nil {
		return answer{}, err
	}
	doc, err = d.PutDocument(ctx, doc)
	if errors.Is(err, daybook.ErrConflict) {
		return answer{}, refuse(http.StatusConflict, "conflict", "there is a view of this name already, or it was changed meanwhile: read it again")
	}
	if err != nil {
		return answer{}, err
	}
	v.Revision, v.UpdatedAt = doc.Revision, doc.UpdatedAt
	return answer{status: status, body: v, headers: map[string]string{"ETag": revisionTag(v.Revision)}}, nil
}

func revisionTag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// ownView returns a view that the caller may change. Those of others are answered like ones that do
// not exist, shared ones too unless the caller sees them.
func (c *call) ownView(org access.Organization, name string) (view, error) {
	d, err := c.documents()
	if err != nil {
		return view{}, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	doc, err := d.Document(ctx, kindView, org.String(), name)
	if err != nil {
		return view{}, err
	}
	v, err := readView(doc)
	switch {
	case err != nil:
		return v, err
	case !c.sees(v):
		return v, errNotFound
	case v.Owner != c.owner():
		return v, refuse(http.StatusForbidden, "forbidden", "this view is somebody else's: save one of your own")
	}
	if match := c.r.Header.Get("If-Match"); match != "" && !matches(match, revisionTag(v.Revision)) {
		return v, refuse(http.StatusPreconditionFailed, "changed", "the view was changed meanwhile: read it again")
	}
	return v, nil
}

// deleteView deletes one.
func (a *API) deleteView(c *call) (answer, error) {
	org, err := c.organization()
	if err != nil {
		return answer{}, err
	}
	name := c.r.PathValue("name")
	v, err := c.ownView(org, name)
	if err != nil {
		return answer{}, err
	}
	if err := c.note(org.String(), daybook.Entry{Action: daybook.Delete, ResourceType: own.SavedView, ResourceID: name}); err != nil {
		return answer{}, err
	}
	d, err := a.documents()
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := c.writing()
	defer cancel()
	return answer{}, d.DeleteDocument(ctx, kindView, org.String(), name, v.Revision)
}
