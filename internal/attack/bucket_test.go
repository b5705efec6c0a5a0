package attack

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/ledger/bucket"
)

func TestCheckpointsArePublishedToABucketThatIsNeverOverwritten(t *testing.T) {
	b := open(t, "sqlite")
	backend := s3mem.New()
	if err := backend.CreateBucket("audit"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	defer server.Close()
	p, err := bucket.New(bucket.Options{Endpoint: strings.TrimPrefix(server.URL, "http://"), Bucket: "audit", Prefix: "daybook/", Region: "us-east-1", AccessKey: "key", SecretKey: "secret", Insecure: true})
	if err != nil {
		t.Fatal(err)
	}
	b.record(t, "acme", 20)
	b.record(t, "a b/ü", 2)
	k := b.publish(t, p)
	until(t, "both are published", func() bool { s := k.Status().Publishers[0]; return !s.Success.IsZero() && s.Behind == 0 })
	b.record(t, "acme", 5)
	kept := func() (all []string) {
		for note, err := range p.Kept(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, note)
		}
		return all
	}
	until(t, "the newest is there", func() bool { return strings.Contains(strings.Join(kept(), ""), "acme\n25\n") })
	if r := b.verify(t, &ledger.VerifyOptions{Kept: kept()}); len(kept()) != 2 || r.Result != ledger.OK {
		t.Errorf("%q: %s", kept(), text(r))
	}
	// The same again is kept already, another of the same size is not taken.
	c, err := ledger.OpenCheckpoint(kept()[1], []ledger.PublicKey{b.key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Publish(t.Context(), c, kept()[1]); err != nil {
		t.Errorf("the same again: %v", err)
	}
	c.Root[0]++
	if err := p.Publish(t.Context(), c, c.String()+"\n— x AAAA\n"); !errors.Is(err, bucket.ErrOther) {
		t.Errorf("another root at the same size: %v", err)
	}
	if note := kept()[1]; !strings.HasPrefix(note, strings.SplitN(c.String(), "\n", 2)[0]) || strings.Contains(note, c.String()) {
		t.Errorf("overwritten by %q", note)
	}
}
