// Package bucket publishes the ledger's checkpoints to an S3-compatible object store: one object for
// each, which is never overwritten. With a retention (Object Lock) not even who has the store's
// credentials can remove one before its time.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/daybookdev/daybook/ledger"
)

// Options are how a [Publisher] reaches its bucket.
type Options struct {
	Endpoint  string // host and port, without a scheme: s3.eu-central-1.amazonaws.com
	Bucket    string // which exists
	Prefix    string // of object names, such as "audit/"; may be empty
	Region    string // may be empty
	AccessKey string
	SecretKey string
	Insecure  bool // plain HTTP, for tests and private networks

	// Retain locks each object for so long, in compliance mode. The bucket must have Object Lock. 0
	// locks nothing.
	Retain time.Duration
}

// A Publisher is a ledger.Publisher. Safe for concurrent use.
type Publisher struct {
	options Options
	store   store
}

var (
	_ ledger.Publisher = (*Publisher)(nil)
	_ ledger.Keeps     = (*Publisher)(nil)
)

// A store is what a Publisher needs of an object store.
type store interface {
	// create writes an object that is not there yet, or returns errExists.
	create(ctx context.Context, name, content string, retain time.Duration) error
	read(ctx context.Context, name string) (string, error)
	// names yields all names that begin so, ascending.
	names(ctx context.Context, prefix string) iter.Seq2[string, error]
}

var errExists = errors.New("the object exists")

// New returns a Publisher. It asks the store nothing yet.
func New(o Options) (*Publisher, error) {
	if o.Endpoint == "" || o.Bucket == "" {
		return nil, errors.New("publish to a bucket: endpoint and bucket must be named")
	}
	client, err := minio.New(o.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Secure: !o.Insecure, Region: o.Region})
	if err != nil {
		return nil, fmt.Errorf("publish to a bucket: %w", err)
	}
	return &Publisher{o, s3{client, o.Bucket}}, nil
}

// Name returns "bucket" and where it is.
func (p *Publisher) Name() string { return "bucket " + p.options.Endpoint + "/" + p.options.Bucket }

const suffix = ".checkpoint"

// object returns the name of a checkpoint's object. Sizes have one length, so that names ascend with
// them.
func (p *Publisher) object(c ledger.Checkpoint) string {
	return fmt.Sprintf("%s%s/%020d%s", p.options.Prefix, url.PathEscape(c.Origin), c.Size, suffix)
}

// ErrOther means that the bucket has another checkpoint of the same log and size: the log was
// rewritten, or two databases work under one name. Run daybook verify with what the bucket has.
var ErrOther = errors.New("the bucket has another checkpoint of this size")

// Publish creates the object of the checkpoint.
func (p *Publisher) Publish(ctx context.Context, c ledger.Checkpoint, note string) error {
	name := p.object(c)
	err := p.store.create(ctx, name, note, p.options.Retain)
	if !errors.Is(err, errExists) {
		return err
	}
	there, err := p.store.read(ctx, name)
	if err != nil {
		return err
	}
	// Signatures may differ, the text may not.
	text, _, _ := strings.Cut(there, "\n\n")
	if text+"\n" != c.String() {
		return fmt.Errorf("%w: %s", ErrOther, name)
	}
	return nil
}

// Kept yields the newest checkpoint of each log.
func (p *Publisher) Kept(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		newest := map[string]string{} // by folder
		var folders []string
		for name, err := range p.store.names(ctx, p.options.Prefix) {
			if err != nil {
				yield("", err)
				return
			}
			if !strings.HasSuffix(name, suffix) {
				continue
			}
			folder := name[:strings.LastIndexByte(name, '/')+1]
			if newest[folder] == "" {
				folders = append(folders, folder)
			}
			newest[folder] = max(newest[folder], name)
		}
		slices.Sort(folders)
		for _, f := range folders {
			if note, err := p.store.read(ctx, newest[f]); !yield(note, err) {
				return
			}
		}
	}
}

type s3 struct {
	client *minio.Client
	bucket string
}

func (s s3) create(ctx context.Context, name, content string, retain time.Duration) error {
	o := minio.PutObjectOptions{ContentType: "text/plain; charset=utf-8", SendContentMd5: retain > 0}
	o.SetMatchETagExcept("*") // If-None-Match: create, never overwrite
	if retain > 0 {
		o.Mode, o.RetainUntilDate = minio.Compliance, time.Now().Add(retain)
	}
	_, err := s.client.PutObject(ctx, s.bucket, name, strings.NewReader(content), int64(len(content)), o)
	if r := minio.ToErrorResponse(err); err != nil && (r.StatusCode == 412 || r.Code == "PreconditionFailed") {
		return errExists
	}
	return err
}

func (s s3) read(ctx context.Context, name string) (string, error) {
	object, err := s.client.GetObject(ctx, s.bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return "", err
	}
	defer object.Close()
	content, err := io.ReadAll(io.LimitReader(object, 64<<10))
	return string(content), err
}

func (s s3) names(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for info := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
			if !yield(info.Key, info.Err) {
				return
			}
		}
	}
}
