package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPercentiles(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	for p, want := range map[float64]float64{0: 1, 20: 1, 21: 2, 50: 3, 99: 5, 100: 5} {
		if got := percentile(values, p); got != want {
			t.Errorf("p%v is %v, want %v", p, got, want)
		}
	}
	if values[0] != 5 {
		t.Error("the values were sorted in place")
	}
}

func TestRatiosAreTakenWithinARun(t *testing.T) {
	same := func(f float64) float64 { return f }
	if got := ratioOf([]float64{10, 200, 30}, []float64{5, 100, 10}, same); got != 2 {
		t.Errorf("the ratio is %v, want 2, that of two runs", got)
	}
}

func TestNumbersAreWrittenForReaders(t *testing.T) {
	for f, want := range map[float64]string{0.12345: "0.123", 1.2345: "1.23", 12.345: "12.3", 123.45: "123", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := figure(f); got != want {
			t.Errorf("%v is written %q, want %q", f, got, want)
		}
	}
}

func TestAWindowCountsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(time.Second)
		err := w.run(t.Context(), 4, func(context.Context, int) error {
			time.Sleep(10 * time.Millisecond)
			return nil
		})
		c := w.counted()
		if err != nil || c.perSecond < 396 || c.perSecond > 404 || c.p50 != 10 || c.p99 != 10 || c.slowest != 10 || w.cut != 0 {
			t.Errorf("4 callers of 10 ms: %+v, %d given up, %v", c, w.cut, err)
		}
	})
}

// Who only counted answered calls would praise a writer that leaves callers waiting.
func TestAWindowCountsCallsThatAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(time.Second)
		err := w.run(t.Context(), 2, func(ctx context.Context, n int) error {
			if time.Sleep(10 * time.Millisecond); n == 100 { // in the open window
				<-ctx.Done()
			}
			return ctx.Err()
		})
		if c := w.counted(); err != nil || w.cut != 1 || c.p50 != 10 || c.slowest < 1000 {
			t.Errorf("one caller was left waiting: %+v, %d given up, %v", c, w.cut, err)
		}
	})
}

func TestAWindowStopsAtAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := errors.New("disk on fire")
		w := newWindow(time.Hour)
		err := w.run(t.Context(), 3, func(_ context.Context, n int) error {
			time.Sleep(time.Millisecond)
			if n == 10 {
				return fault
			}
			return nil
		})
		if !errors.Is(err, fault) || w.begun > 20 {
			t.Errorf("after %d calls: %v", w.begun, err)
		}
	})
}

func TestTablesReplaceOnlyWhatIsBetweenTheMarkers(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	for _, block := range []string{"first\n", "second\n"} {
		if err := writeBlock(page, block); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if want := preamble + blockBegin + "\n\n" + block + "\n" + blockEnd + "\n"; !strings.HasPrefix(string(text), want) {
			t.Errorf("the page is %q, want it to begin with %q", text, want)
		}
		if err := os.WriteFile(page, append(text, "by hand\n"...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, _ := os.ReadFile(page); !strings.HasSuffix(string(text), blockEnd+"\nby hand\nby hand\n") {
		t.Errorf("what was written by hand is gone: %q", text)
	}
}

func TestAPageWithoutMarkersIsLeftAlone(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	for _, text := range []string{"nothing", blockBegin + " and no end", blockEnd + "\n" + blockBegin} {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := writeBlock(page, "tables"); err == nil || !strings.Contains(err.Error(), blockBegin) {
			t.Errorf("%q: %v", text, err)
		}
		if left, err := os.ReadFile(page); err != nil || string(left) != text {
			t.Errorf("%q became %q", text, left)
		}
	}
}

func TestFlagsAreChecked(t *testing.T) {
	for _, args := range [][]string{{"-rows=999"}, {"-seconds=0"}, {"extra"}, {"-unknown"}} {
		if _, _, err := parse(args, t.Output()); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
	p, write, err := parse([]string{"-quick", "-rows=5000", "-write=page.md"}, t.Output())
	if err != nil || p.rows != 5000 || !p.quick || p.writes >= time.Second || write != "page.md" {
		t.Errorf("parsed as %+v, %q, %v", p, write, err)
	}
}
