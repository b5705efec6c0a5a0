package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/store/postgres"
)

// metrics are what the private listener shows. No label holds the name of an organization, a user
// or a resource.
type metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec   // by route, method and status
	latency  *prometheus.HistogramVec // by route
	inFlight prometheus.Gauge

	entries  *prometheus.CounterVec   // stored, by outcome
	refused  *prometheus.CounterVec   // not stored, by reason
	store    *prometheus.HistogramVec // by operation
	failedAt atomic.Int64             // when an append failed last, in Unix nanoseconds; 0 when one has succeeded since
}

// failureCounts is how long a failed append is held against the server: while nobody records, none
// can show that it is well again.
const failureCounts = 10 * time.Second

var (
	requestBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	storeBuckets   = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
)

func newMetrics(log *Log, keeper *ledger.Keeper, version string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "daybook_http_requests_total",
			Help: "Requests answered. Status 401 and 403 are denied, 429 over a rate, 503 refused for load or a failing store."}, []string{"route", "method", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "daybook_http_request_seconds",
			Help: "Time until a request was answered; of event streams, until they ended.", Buckets: requestBuckets}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "daybook_http_requests_in_flight", Help: "Requests under way."}),
		entries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "daybook_entries_stored_total",
			Help: "Entries handed to the store and stored, by outcome; one that was stored already counts too."}, []string{"outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "daybook_entries_refused_total",
			Help: "Entries that the store did not take: conflict, invalid, or unavailable, which means that they are lost unless the client sends them again."}, []string{"reason"}),
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "daybook_store_seconds",
			Help: "Time of the store's operations.", Buckets: storeBuckets}, []string{"operation"}),
	}
	for _, outcome := range []daybook.Outcome{daybook.Success, daybook.Failure, daybook.Denied} {
		m.entries.WithLabelValues(string(outcome))
	}
	for _, reason := range []string{"conflict", "invalid", "unavailable"} {
		m.refused.WithLabelValues(reason)
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "daybook_build_info", Help: "1, with the version as a label.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.latency, m.inFlight, m.entries, m.refused, m.store, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &storeCollector{log.Store})
	if keeper != nil {
		m.registry.MustRegister(ledgerFigures(keeper)...)
	}
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

func (m *metrics) request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.latency.WithLabelValues(route).Observe(took.Seconds())
}

// failing reports whether the last append failed, and not for what it was given.
func (m *metrics) failing() bool {
	at := m.failedAt.Load()
	return at != 0 && time.Since(time.Unix(0, at)) < failureCounts
}

// appended counts entries that a store took or did not take.
func (m *metrics) appended(begun time.Time, entries []daybook.Entry, err error) {
	m.store.WithLabelValues("append").Observe(time.Since(begun).Seconds())
	reason := ""
	switch {
	case err == nil:
		m.failedAt.Store(0)
		for i := range entries {
			outcome := entries[i].Outcome
			if outcome == "" {
				outcome = daybook.Success
			}
			m.entries.WithLabelValues(string(outcome)).Inc()
		}
		return
	case errors.Is(err, daybook.ErrConflict):
		reason = "conflict"
	case errors.Is(err, daybook.ErrInvalid), errors.Is(err, daybook.ErrNoOrganization):
		reason = "invalid"
	default:
		reason = "unavailable"
		if !errors.Is(err, context.Canceled) {
			m.failedAt.Store(time.Now().UnixNano())
		}
	}
	m.refused.WithLabelValues(reason).Add(float64(len(entries)))
}

func (m *metrics) since(operation string, begun time.Time) {
	m.store.WithLabelValues(operation).Observe(time.Since(begun).Seconds())
}

// ledgerFigures are those of the signing.
func ledgerFigures(keeper *ledger.Keeper) []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "daybook_ledger_fault", Help: "1 when not all logs could be signed at the last attempt."}, func() float64 {
			if keeper.Status().Fault != nil {
				return 1
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "daybook_ledger_signed_timestamp_seconds", Help: "When all logs were last found signed, in Unix time; 0: not yet."}, func() float64 {
			if at := keeper.Status().Signed; !at.IsZero() {
				return float64(at.UnixMilli()) / 1000
			}
			return 0
		}),
	}
}

// A storeCollector asks the store when it is asked.
type storeCollector struct{ store Store }

var (
	upDesc      = prometheus.NewDesc("daybook_store_up", "Whether the store answers.", nil, nil)
	pendingDesc = prometheus.NewDesc("daybook_pending_entries", "Entries that wait for their place in the order; at most 100,000 are counted.", nil, nil)
	oldestDesc  = prometheus.NewDesc("daybook_oldest_pending_seconds", "How long the first of them has waited.", nil, nil)
	lastDesc    = prometheus.NewDesc("daybook_last_position", "The newest place that was given.", nil, nil)
	poolDesc    = prometheus.NewDesc("daybook_pool_connections", "Connections to the database.", []string{"state"}, nil)
	waitsDesc   = prometheus.NewDesc("daybook_pool_waits_total", "How often a connection had to be waited for.", nil, nil)
	waitedDesc  = prometheus.NewDesc("daybook_pool_wait_seconds_total", "For how long.", nil, nil)
)

func (c *storeCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upDesc, pendingDesc, oldestDesc, lastDesc} {
		ch <- d
	}
	if _, ok := c.store.(*postgres.Store); ok {
		ch <- poolDesc
		ch <- waitsDesc
		ch <- waitedDesc
	}
}

func (c *storeCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	var backlog postgres.Backlog // in SQLite every entry has its place when it commits
	var err error
	if store, ok := c.store.(*postgres.Store); ok {
		p := store.PoolFacts()
		gauge(poolDesc, float64(p.Idle), "idle")
		gauge(poolDesc, float64(p.Connections-p.Idle), "used")
		gauge(poolDesc, float64(p.Max), "max")
		ch <- prometheus.MustNewConstMetric(waitsDesc, prometheus.CounterValue, float64(p.Waits))
		ch <- prometheus.MustNewConstMetric(waitedDesc, prometheus.CounterValue, p.Waited.Seconds())
		backlog, err = store.Backlog(ctx)
	}
	last, err2 := c.store.Last(ctx)
	if errors.Join(err, err2) != nil {
		gauge(upDesc, 0)
		return
	}
	gauge(upDesc, 1)
	gauge(pendingDesc, float64(backlog.Entries))
	gauge(oldestDesc, backlog.Oldest.Seconds())
	gauge(lastDesc, float64(last.Number))
}
