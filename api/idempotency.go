package api

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/daybookdev/daybook"
)

// An Idempotency-Key makes a request that records the same one when it is sent again. What is kept
// under the key, before anything is stored, is a digest of the request and a seed, of which all ids
// that the server makes follow. So a repetition appends the same entries, of which the store keeps
// one, whatever became of the first attempt: it may even have been cut off in the middle.

const (
	kindIdempotency = "idempotency"
	keepKeys        = 24 * time.Hour
	maxKey          = 255
)

type idempotency struct {
	Body []byte     `json:"body"` // SHA-256 of the body and the parameters
	Seed daybook.ID `json:"seed"` // whose time is that of the entries that bring none
}

// repeatable draws the ids of the request's entries from its Idempotency-Key, if it has one.
func (c *call) repeatable(ctx context.Context, body []byte, items []*item) error {
	given := c.r.Header.Values("Idempotency-Key")
	if len(given) == 0 {
		return nil
	}
	if !validKey(given) {
		return refuse(http.StatusBadRequest, "idempotency_key", fmt.Sprintf("the Idempotency-Key must be one, of 1 to %d visible characters", maxKey))
	}
	if !slices.ContainsFunc(items, func(it *item) bool { return it.err == nil }) {
		return nil // nothing will be recorded, so nothing needs to be kept
	}
	d, err := c.documents()
	if err != nil {
		return err
	}
	// The ID of a JWT names its client, which may have users in several organizations.
	own, _ := c.principal.Organizations()
	name := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", c.principal.ID(), c.principal.UserID(), own, c.text("organization"), given[0]))
	mine := idempotency{Body: body, Seed: daybook.NewID()}
	content, err := json.Marshal(mine)
	if err != nil {
		return err
	}
	doc := daybook.Document{Kind: kindIdempotency, Name: hex.EncodeToString(name[:]), Content: content, ExpiresAt: time.Now().Add(keepKeys)}
	_, err = d.PutDocument(ctx, doc)
	if errors.Is(err, daybook.ErrConflict) {
		mine, err = firstOf(ctx, d, doc.Name)
	}
	switch {
	case err != nil:
		return fmt.Errorf("keep the idempotency key: %w: %w", errUnavailable, err)
	case !bytes.Equal(mine.Body, body):
		return refuse(http.StatusUnprocessableEntity, "idempotency_key_reused", "this Idempotency-Key came with another request: use a new one")
	}
	for i, it := range items {
		if it.err == nil && it.entry.ID.IsZero() {
			it.entry.ID = mine.id(i, it.entry.CreatedAt)
		}
	}
	return nil
}

func firstOf(ctx context.Context, d daybook.Documents, name string) (first idempotency, err error) {
	doc, err := d.Document(ctx, kindIdempotency, "", name)
	if err == nil {
		err = json.Unmarshal(doc.Content, &first)
	}
	return first, err
}

func validKey(given []string) bool {
	if len(given) != 1 || given[0] == "" || len(given[0]) > maxKey {
		return false
	}
	for _, r := range given[0] {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return true
}

// id returns the id of the entry at an index: always the same, and ascending with the index.
func (k idempotency) id(index int, at time.Time) daybook.ID {
	id := k.Seed
	if !at.IsZero() {
		id = daybook.MinID(at)
	}
	mac := hmac.New(sha256.New, k.Seed[:])
	_ = binary.Write(mac, binary.BigEndian, uint32(index)) // a hash does not fail
	// Behind the variant: 20 bits of index and 42 that are as good as random, as in a made id.
	tail := binary.BigEndian.Uint64(mac.Sum(nil)) & (1<<42 - 1)
	binary.BigEndian.PutUint64(id[8:], 0b10<<62|uint64(index&(1<<20-1))<<42|tail)
	return id
}
