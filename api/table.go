package api

import (
	"net/http"

	"github.com/daybookdev/daybook/access"
)

// table is every route there is.
func (a *API) table() []Route {
	const get, post, put, remove = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []Route{
		{Method: get, Path: "/healthz", Open: true, Records: AsNothing, handle: a.healthz},
		{Method: get, Path: "/readyz", Open: true, Records: AsNothing, handle: a.readyz},
		{Method: get, Path: "/openapi.json", Open: true, Records: AsNothing, handle: a.openapi},

		{Method: post, Path: "/v1/entries", Permission: access.Record, Records: AsEntries, Body: EntriesBody,
			Parameters: []string{"organization", "atomic", "relay"}, handle: a.record},
		{Method: get, Path: "/v1/entries", Permission: access.Read, Records: AsView, class: reading,
			Parameters: parameters(filterParameters, pageParameters), handle: a.entries},
		{Method: post, Path: "/v1/entries/search", Permission: access.Read, Records: AsView, class: reading, Body: ParametersBody,
			Parameters: parameters(filterParameters, pageParameters, []string{"after"}), handle: a.entries},
		{Method: get, Path: "/v1/entries/{id}", Permission: access.Read, Records: AsView, class: reading,
			Parameters: []string{"organization"}, handle: a.entry},
		{Method: get, Path: "/v1/entries/count", Permission: access.Read, Records: AsView, class: reading,
			Parameters: parameters(filterParameters, []string{"by"}), handle: a.count},
		{Method: post, Path: "/v1/entries/count", Permission: access.Read, Records: AsView, class: reading, Body: ParametersBody,
			Parameters: parameters(filterParameters, []string{"by"}), handle: a.count},
		{Method: get, Path: "/v1/entries/histogram", Permission: access.Read, Records: AsView, class: reading,
			Parameters: parameters(filterParameters, []string{"interval", "edges", "by"}), handle: a.histogram},
		{Method: post, Path: "/v1/entries/histogram", Permission: access.Read, Records: AsView, class: reading, Body: ParametersBody,
			Parameters: parameters(filterParameters, []string{"interval", "edges", "by"}), handle: a.histogram},
		{Method: get, Path: "/v1/entries/top", Permission: access.Read, Records: AsView, class: reading,
			Parameters: parameters(filterParameters, []string{"field", "limit"}), handle: a.top},
		{Method: post, Path: "/v1/entries/top", Permission: access.Read, Records: AsView, class: reading, Body: ParametersBody,
			Parameters: parameters(filterParameters, []string{"field", "limit"}), handle: a.top},
		{Method: get, Path: "/v1/entries/facets", Permission: access.Read, Records: AsView, class: reading,
			Parameters: parameters(filterParameters, []string{"fields", "limit"}), handle: a.facets},
		{Method: post, Path: "/v1/entries/facets", Permission: access.Read, Records: AsView, class: reading, Body: ParametersBody,
			Parameters: parameters(filterParameters, []string{"fields", "limit"}), handle: a.facets},
		{Method: get, Path: "/v1/entries/tail", Permission: access.Read, Records: AsView, class: reading, stream: true,
			Parameters: parameters(filterParameters, []string{"after"}), handle: a.tail},
		{Method: get, Path: "/v1/entries/export", Permission: access.Export, Records: AsExport, class: exporting, stream: true,
			Parameters: parameters(filterParameters, []string{"order", "format", "csv"}), handle: a.export},

		{Method: get, Path: "/v1/resources/{type}/{id}/entries", Permission: access.Read, Records: AsView, class: reading,
			Parameters: parameters(filterParameters, pageParameters), handle: a.resourceTrail},
		{Method: get, Path: "/v1/audit-log/{resource_id}", Permission: access.Read, Records: AsView, class: reading,
			Parameters: parameters(filterParameters, pageParameters), handle: a.auditLog},
		{Method: get, Path: "/v1/users/{id}/entries", Permission: access.Read, Records: AsView, class: reading,
			Parameters: parameters(filterParameters, pageParameters), handle: a.userTrail},
		{Method: get, Path: "/v1/users/{id}/report", Permission: access.Read, Records: AsView, class: reading,
			Parameters: []string{"organization", "q", "tz", "from", "days", "limit", "cursor"}, handle: a.userReport},

		{Method: get, Path: "/v1/log", Permission: access.Follow, Records: AsLog, stream: true,
			Parameters: []string{"after", "limit", "wait", "at"}, handle: a.log},

		{Method: get, Path: "/v1/filter", Permission: access.Read, Records: AsSession,
			Parameters: []string{"q", "tz"}, handle: a.parse},
		{Method: get, Path: "/v1/suggest", Permission: access.Read, Records: AsView, class: reading,
			Parameters: []string{"organization", "q", "at"}, handle: a.suggest},
		{Method: get, Path: "/v1/me", Records: AsSession, handle: a.me},
		{Method: get, Path: "/v1/keys", Permission: access.Keys, Records: AsKey,
			Parameters: []string{"organization", "after", "limit"}, handle: a.keys},
		{Method: post, Path: "/v1/keys", Permission: access.Keys, Records: AsKey, Body: JSONBody, handle: a.makeKey},
		{Method: post, Path: "/v1/keys/{id}/rotate", Permission: access.Keys, Records: AsKey, Body: JSONBody, handle: a.rotateKey},
		{Method: remove, Path: "/v1/keys/{id}", Permission: access.Keys, Records: AsKey, handle: a.revokeKey},
		{Method: post, Path: "/v1/viewer-tokens", Permission: access.Mint, Records: AsToken, class: minting, Body: JSONBody, handle: a.makeToken},
		{Method: remove, Path: "/v1/viewer-tokens/{id}", Permission: access.Mint, Records: AsToken, handle: a.revokeToken},
		{Method: get, Path: "/v1/views", Permission: access.Read, Records: AsSession, class: reading,
			Parameters: []string{"organization"}, handle: a.savedViews},
		{Method: post, Path: "/v1/views", Permission: access.Read, Records: AsSaved, class: minting, Body: JSONBody,
			Parameters: []string{"organization"}, handle: a.makeView},
		{Method: put, Path: "/v1/views/{name}", Permission: access.Read, Records: AsSaved, class: minting, Body: JSONBody,
			Parameters: []string{"organization"}, handle: a.changeView},
		{Method: remove, Path: "/v1/views/{name}", Permission: access.Read, Records: AsSaved, class: minting,
			Parameters: []string{"organization"}, handle: a.deleteView},

		{Method: get, Path: "/v1/ledger/{organization}/checkpoint", Permission: access.Proof, Records: AsEvidence, class: reading, handle: a.checkpoint},
		{Method: get, Path: "/v1/ledger/{organization}/proof/{id}", Permission: access.Proof, Records: AsEvidence, class: reading,
			Parameters: []string{"disclose"}, handle: a.proof},
	}
}
