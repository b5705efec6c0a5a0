package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
)

// tracing sends a trace of each request that is chosen. A nil provider is none.
type tracing struct{ provider *trace.TracerProvider }

// newTracing sets nothing global, so that a program that embeds the server keeps its own.
func newTracing(ctx context.Context, c Traces, version string, logger *slog.Logger) (*tracing, error) {
	if c.Endpoint == "" {
		return &tracing{}, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(tracesURL(c.Endpoint)))
	if err != nil {
		return nil, fmt.Errorf("send traces to %s: %w", masked(c.Endpoint), err)
	}
	provider := trace.NewTracerProvider(
		trace.WithBatcher(exporter),
		trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(c.Ratio))),
		trace.WithResource(resource.NewSchemaless(attribute.String("service.name", "daybook"), attribute.String("service.version", version))),
	)
	logger.LogAttrs(ctx, slog.LevelInfo, "traces are on", slog.String("endpoint", masked(c.Endpoint)), slog.Float64("ratio", c.Ratio))
	return &tracing{provider}, nil
}

// tracesURL adds the path that OTLP over HTTP has where none is named.
func tracesURL(endpoint string) string {
	if _, rest, ok := strings.Cut(endpoint, "://"); ok && !strings.Contains(strings.TrimSuffix(rest, "/"), "/") {
		return strings.TrimSuffix(endpoint, "/") + "/v1/traces"
	}
	return endpoint
}

func (t *tracing) wrap(h http.Handler) http.Handler {
	if t.provider == nil {
		return h
	}
	// The name is the route, which is not known before the mux has looked.
	named := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		span := api.SpanFromContext(r.Context())
		span.SetName(methodOf(r) + " " + routeOf(r))
		span.SetAttributes(attribute.String("http.route", routeOf(r)))
	})
	return otelhttp.NewHandler(named, "request", otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithFilter(func(r *http.Request) bool { return r.URL.Path != "/healthz" && r.URL.Path != "/readyz" }))
}

// close sends what is left.
func (t *tracing) close() error {
	if t.provider == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}
