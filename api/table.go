package api

import (
	"net/http"

	"github.com/daybookdev/daybook/access"
)

// table is every route there is.
func (a *API) table() []Route {
	const get, post = http.MethodGet, http.MethodPost
	return []Route{
		{Method: get, Path: "/healthz", Open: true, Records: AsNothing, handle: a.healthz},
		{Method: get, Path: "/readyz", Open: true, Records: AsNothing, handle: a.readyz},
		{Method: get, Path: "/openapi.json", Open: true, Records: AsNothing, handle: a.openapi},

		{Method: post, Path: "/v1/entries", Permission: access.Record, Records: AsEntries, Body: EntriesBody,
			Parameters: []string{"organization", "atomic"}, handle: a.record},
		{Method: get, Path: "/v1/entries", Permission: access.Read, Records: AsView, class: reading,
			Parameters: parameters(filterParameters, pageParameters), handle: a.entries},
		{Method: get, Path: "/v1/entries/{id}", Permission: access.Read, Records: AsView, class: reading,
			Parameters: []string{"organization"}, handle: a.entry},
		{Method: get, Path: "/v1/entries/count", Permission: access.Read, Records: AsView, class: reading,
			Parameters: parameters(filterParameters, []string{"by"}), handle: a.count},
	}
}
