package postgres

// Queue numbers are drawn when an entry is written and become visible when its transaction commits,
// so some come late. A round reads the queue from a hint on, behind the highest number it has taken,
// and remembers the numbers it did not see below: the gaps. Reading from the start each time would
// be as right, and slower with every dead row that a long snapshot keeps in the table.

// progress is how far the queue has been read.
type progress struct {
	hint int64 // numbers from here on have not been looked at
	gaps []gap // of smaller ones, those that may still come; ascending, apart
}

// A gap is a range of numbers that were missing when a round read beyond them.
type gap struct {
	low, high int64
	// mark is above every transaction that had drawn a number when the gap was seen: the id of the
	// round that saw it, which drew that id later. When all below it have ended, what has not come
	// was rolled back. (pg_snapshot_xmax will not do: it is above all that have *ended*, and who
	// drew a number and still runs may be exactly there.)
	mark int64
}

// advance returns the progress behind a round that took the given numbers, ascending. full says that
// there may be more. xmin is the oldest transaction that was running before the rows were taken, and
// own the round's own, which got its id by taking them.
//
// A number is drawn by a transaction that has its id already, since it has written the entry
// first. So whoever drew a number below one that the round saw has an id below own.
func (p progress) advance(taken []int64, full bool, xmin, own int64) progress {
	seen := int64(1<<63 - 1) // every visible number up to here was taken
	next := p
	if n := len(taken); n > 0 {
		if full {
			seen = taken[n-1]
		}
		next.hint = max(p.hint, taken[n-1]+1)
	}
	candidates := p.gaps
	if next.hint > p.hint {
		candidates = append(candidates[:len(candidates):len(candidates)], gap{p.hint, next.hint - 1, own})
	}
	next.gaps = nil
	for _, g := range candidates {
		if g.mark <= xmin && g.high <= seen {
			continue // all that could fill it have ended, and the round would have seen them
		}
		low := g.low
		for len(taken) > 0 && taken[0] < g.low {
			taken = taken[1:]
		}
		for len(taken) > 0 && taken[0] <= g.high {
			if taken[0] > low {
				next.gaps = append(next.gaps, gap{low, taken[0] - 1, g.mark})
			}
			low = taken[0] + 1
			taken = taken[1:]
		}
		if low <= g.high {
			next.gaps = append(next.gaps, gap{low, g.high, g.mark})
		}
	}
	return next
}
