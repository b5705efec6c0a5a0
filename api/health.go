package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/daybookdev/daybook"
)

// healthz says that the program runs.
func (a *API) healthz(c *call) (answer, error) {
	return answer{body: map[string]string{"status": "ok"}}, nil
}

// readyz says whether the server can serve.
func (a *API) readyz(c *call) (answer, error) {
	ctx, cancel := c.reading()
	defer cancel()
	if err := a.ready(ctx); err != nil {
		f := refuse(http.StatusServiceUnavailable, "not_ready", "the server cannot serve; its own log says why")
		return answer{}, errors.Join(f, err)
	}
	return answer{body: map[string]string{"status": "ready"}}, nil
}

func (a *API) ready(ctx context.Context) error {
	if a.config.Ready != nil {
		return a.config.Ready(ctx)
	}
	_, err := a.config.Store.Query(ctx, a.config.Organization, daybook.Query{Limit: 1})
	return err
}
