package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"
)

const (
	walPages = 32768 // 128 MiB: fewer, larger folds write fewer pages twice

	// mostWAL is the size beyond which the WAL is folded whether readers leave a gap or not.
	mostWAL = 2 * walPages * pageSize

	foldEvery = 5 * time.Second // at most
	foldWait  = time.Second     // for the queries under way
)

// boundWAL folds the WAL into the file and cuts it when it has grown too large. SQLite itself folds
// when walPages are full, but begins the WAL anew only at a moment at which nobody reads, and queries
// that overlap leave none. The writer calls it between two transactions; new queries wait meanwhile.
func (s *Store) boundWAL(conn *sqlite.Conn) error {
	if time.Since(s.folded) < foldEvery || fileSize(s.path+"-wal") < mostWAL {
		return nil
	}
	s.folded = time.Now()
	patience := time.NewTimer(foldWait)
	defer patience.Stop()
	var idle []*reader
	defer func() {
		for _, r := range idle {
			s.readers <- r
		}
	}()
	for len(idle) < cap(s.readers) {
		select {
		case r := <-s.readers:
			idle = append(idle, r)
		case <-patience.C: // a long query: the next time
			return nil
		}
	}
	// Another process may read too: then as much is folded as can be, without waiting for it.
	conn.SetBusyTimeout(0)
	err := run(conn, `pragma wal_checkpoint(truncate)`)
	conn.SetBusyTimeout(busyTimeout)
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy {
		return nil
	}
	return err
}
