package api

import (
	_ "embed"
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// The document is written by hand; tests compare it with the table of routes and hold every request
// and answer to it.
//
//go:embed openapi.yaml
var documentYAML []byte

// documentJSON returns the document as JSON.
func documentJSON() (json.RawMessage, error) {
	var v any
	if err := yaml.Unmarshal(documentYAML, &v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func (a *API) openapi(c *call) (answer, error) {
	return answer{body: json.RawMessage(a.document), tag: true}, nil
}
