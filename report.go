package daybook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"
)

const (
	DefaultTop = 10   // values of a Top whose limit is 0
	MaxTop     = 1000 // values of a Top; a larger limit means this one

	// MaxBuckets is the most buckets of one Histogram, and MaxBucketGroups the most groups that all
	// its buckets may have together.
	MaxBuckets      = MaxGroups
	MaxBucketGroups = 10 * MaxGroups

	// MaxTopValues is the most distinct values that a Ranking holds, and MaxTopBytes the most bytes
	// that they may have together. They bound memory: what has more needs a narrower query.
	MaxTopValues = 250_000
	MaxTopBytes  = 64 << 20
)

// A Reporter is a [Store] that answers reports itself, without its entries being read one by one.
// Use [Histogram] and [TopValues], which read them where the store has no such ability.
//
// As with Count, order, After and Limit of the query are not used, and answers are exact or
// refused.
type Reporter interface {
	// Histogram counts the entries that match q in buckets: between each edge and the next. Edges
	// ascend, there are at least two and at most MaxBuckets+1 of them; what is outside of them is
	// not counted. Every bucket is returned, empty ones too. With a field, each bucket has a group
	// for each value that occurs in it, as Count orders them; without one it has one group.
	Histogram(ctx context.Context, organization string, q Query, edges []time.Time, by ...Field) ([]Bucket, error)

	// Top returns the most frequent values of a field among the entries that match q. The field may
	// be a path into details, see [Field.Values]. A limit of 0 means DefaultTop.
	Top(ctx context.Context, organization string, q Query, field Field, limit int) (Top, error)
}

// A Bucket is the part of a histogram with From <= CreatedAt < To.
type Bucket struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Groups []Group   `json:"groups"` // as Count returns them
}

// Count returns the number of entries in the bucket.
func (b Bucket) Count() int64 {
	var n int64
	for _, g := range b.Groups {
		n += g.Count
	}
	return n
}

// A Top is the most frequent values of a field. An entry with a list counts once for each distinct
// item, so only for fields that are not in details are Values, Other and Missing together the
// number of entries.
type Top struct {
	Values  []Group `json:"values"`  // each with one value, largest first, then by value
	Other   int64   `json:"other"`   // counts of the values that are not in Values
	Missing int64   `json:"missing"` // entries without a value
}

// Histogram counts entries in buckets; see [Reporter]. A store without that ability is read page by
// page.
func Histogram(ctx context.Context, s Store, organization string, q Query, edges []time.Time, by ...Field) ([]Bucket, error) {
	if r, ok := s.(Reporter); ok {
		return r.Histogram(ctx, organization, q, edges, by...)
	}
	tally, err := NewTally(edges, by...)
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	for e, err := range All(ctx, s, organization, forReport(q).Within(edges[0], edges[len(edges)-1])) {
		if err != nil {
			return nil, fmt.Errorf("histogram: %w", err)
		}
		value := ""
		if len(by) > 0 {
			value = by[0].Of(&e)
		}
		tally.Add(e.CreatedAt, value, 1)
	}
	buckets, err := tally.Buckets()
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	return buckets, nil
}

// TopValues returns the most frequent values of a field; see [Reporter]. A store without that
// ability is read page by page.
func TopValues(ctx context.Context, s Store, organization string, q Query, field Field, limit int) (Top, error) {
	if r, ok := s.(Reporter); ok {
		return r.Top(ctx, organization, q, field, limit)
	}
	ranking, err := NewRanking(field, limit)
	if err != nil {
		return Top{}, fmt.Errorf("top: %w", err)
	}
	for e, err := range All(ctx, s, organization, forReport(q)) {
		if err == nil {
			err = ranking.AddEntry(&e)
		}
		if err != nil {
			return Top{}, fmt.Errorf("top: %w", err)
		}
	}
	return ranking.Top(), nil
}

// forReport takes out of q what reports do not use.
func forReport(q Query) Query {
	q.Order, q.After, q.Limit = Newest, Cursor{}, MaxLimit
	return q
}

// Within narrows q to from <= CreatedAt < to.
func (q Query) Within(from, to time.Time) Query {
	if q.From.IsZero() || q.From.Before(from) {
		q.From = from
	}
	if q.To.IsZero() || q.To.After(to) {
		q.To = to
	}
	return q
}

// CheckEdges refuses, with a FieldError, edges of which Histogram cannot make buckets.
func CheckEdges(edges []time.Time) error {
	switch n := len(edges); {
	case n < 2:
		return &FieldError{"edges", fmt.Sprintf("are %d, and it takes two to make a bucket", n)}
	case n > MaxBuckets+1:
		return tooManyBuckets("edges")
	}
	for i, e := range edges {
		if y := e.UTC().Year(); e.IsZero() || y < 1 || y > 9999 {
			return &FieldError{fmt.Sprintf("edges.%d", i), "is not between the years 1 and 9999"}
		}
		if i > 0 && !e.After(edges[i-1]) {
			return &FieldError{fmt.Sprintf("edges.%d", i), "is not after the edge before it"}
		}
	}
	return nil
}

func tooManyBuckets(field string) error {
	return &FieldError{field, fmt.Sprintf("would give more than %d buckets: choose longer ones, or a shorter time", MaxBuckets)}
}

// A Tally puts counts into the buckets of a Histogram. It is for stores, which add what they have
// counted. Not safe for concurrent use.
type Tally struct {
	edges  []time.Time
	by     bool
	counts []map[string]int64
}

// NewTally returns an empty Tally, or the FieldError of wrong edges or fields.
func NewTally(edges []time.Time, by ...Field) (*Tally, error) {
	err := CheckFields(by)
	if err == nil && len(by) > 1 {
		err = &FieldError{"by", fmt.Sprintf("has %d fields, but a histogram is split by one at most", len(by))}
	}
	if err := errors.Join(CheckEdges(edges), err); err != nil {
		return nil, err
	}
	t := &Tally{edges: slices.Clone(edges), by: len(by) > 0, counts: make([]map[string]int64, len(edges)-1)}
	for i := range t.counts {
		t.counts[i] = map[string]int64{}
	}
	return t, nil
}

// Add counts n entries of a time and a value of the field; the value is "" where entries have none,
// or where there is no field. A time outside of all buckets is not counted.
func (t *Tally) Add(at time.Time, value string, n int64) {
	bucket := sort.Search(len(t.edges), func(i int) bool { return t.edges[i].After(at) }) - 1
	if bucket >= 0 && bucket < len(t.counts) {
		t.counts[bucket][value] += n
	}
}

// Buckets returns the histogram, or the FieldError of one with more than MaxBucketGroups groups.
func (t *Tally) Buckets() ([]Bucket, error) {
	buckets := make([]Bucket, len(t.counts))
	total := 0
	for i, counts := range t.counts {
		b := Bucket{From: t.edges[i], To: t.edges[i+1], Groups: []Group{}}
		if !t.by {
			b.Groups = []Group{{Values: []string{}, Count: counts[""]}}
		} else {
			if total += len(counts); total > MaxBucketGroups {
				return nil, &FieldError{"by", fmt.Sprintf("gives more than %d groups in all buckets: narrow the query or choose fewer buckets", MaxBucketGroups)}
			}
			for value, n := range counts {
				b.Groups = append(b.Groups, Group{Values: []string{value}, Count: n})
			}
			slices.SortFunc(b.Groups, CompareGroups)
		}
		buckets[i] = b
	}
	return buckets, nil
}

// A Ranking finds the most frequent values. It is for stores, which add what they have counted. Not
// safe for concurrent use.
type Ranking struct {
	field   Field
	limit   int
	counts  map[string]int64
	bytes   int
	missing int64
}

// NewRanking returns an empty Ranking, or the FieldError of a wrong field or limit.
func NewRanking(field Field, limit int) (*Ranking, error) {
	if field.InDetails() {
		if _, err := field.Steps(); err != nil {
			return nil, err
		}
	} else if CheckFields([]Field{field}) != nil {
		return nil, &FieldError{"field", fmt.Sprintf("is %.40q, but values are those of action, resource_type, resource_id, user_id, actor_type, outcome or a path such as details.reason", string(field))}
	}
	switch {
	case limit < 0:
		return nil, &FieldError{"limit", "is negative"}
	case limit == 0:
		limit = DefaultTop
	}
	return &Ranking{field: field, limit: min(limit, MaxTop), counts: map[string]int64{}}, nil
}

// Limit returns how many values the Top will have at most.
func (r *Ranking) Limit() int { return r.limit }

// AddEntry counts what the field has in e.
func (r *Ranking) AddEntry(e *Entry) error {
	values := r.field.Values(e)
	if len(values) == 0 {
		r.missing++
	}
	for _, v := range values {
		if err := r.Add(v, 1); err != nil {
			return err
		}
	}
	return nil
}

// Add counts n entries with the value. Its error is the FieldError of values that are too many.
func (r *Ranking) Add(value string, n int64) error {
	if _, ok := r.counts[value]; !ok {
		if r.bytes += len(value); len(r.counts) == MaxTopValues || r.bytes > MaxTopBytes {
			return &FieldError{"field", fmt.Sprintf("has more than %d distinct values, or %d bytes of them: narrow the query", MaxTopValues, MaxTopBytes)}
		}
	}
	r.counts[value] += n
	return nil
}

// AddMissing counts n entries without a value.
func (r *Ranking) AddMissing(n int64) { r.missing += n }

// Top returns the most frequent of what was added.
func (r *Ranking) Top() Top {
	values := make([]Group, 0, len(r.counts))
	for v, n := range r.counts {
		values = append(values, Group{Values: []string{v}, Count: n})
	}
	slices.SortFunc(values, CompareGroups)
	top := Top{Values: values, Missing: r.missing}
	if len(values) > r.limit {
		top.Values = slices.Clone(values[:r.limit])
		for _, g := range values[r.limit:] {
			top.Other += g.Count
		}
	}
	return top
}
