package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// percentile returns the value below or at which p percent of the values are (nearest rank).
func percentile(values []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return math.NaN()
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// medianOf returns the median of one figure of several runs.
func medianOf[T any](runs []T, figure func(T) float64) float64 {
	values := make([]float64, len(runs))
	for i := range runs {
		values[i] = figure(runs[i])
	}
	return percentile(values, 50)
}

// ratioOf returns the median of the ratios of a figure, each within one run.
func ratioOf[T any](a, b []T, figure func(T) float64) float64 {
	values := make([]float64, len(a))
	for i := range a {
		values[i] = figure(a[i]) / figure(b[i])
	}
	return percentile(values, 50)
}

// whole writes a number without a fraction, in groups of three digits.
func whole(f float64) string {
	s := strconv.FormatFloat(math.Round(f), 'f', 0, 64)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// figure writes a number with three digits that count.
func figure(f float64) string {
	switch a := math.Abs(f); {
	case a >= 100:
		return whole(f)
	case a >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	case a >= 1:
		return strconv.FormatFloat(f, 'f', 2, 64)
	default:
		return strconv.FormatFloat(f, 'f', 3, 64)
	}
}

func times(f float64) string { return fmt.Sprintf("%s×", figure(f)) }
