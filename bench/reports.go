package main

import (
	"context"
	"fmt"
	"time"

	"github.com/daybookdev/daybook"
)

// reportsOf returns the questions that reports ask, and what people search for.
func reportsOf(s *stored) []question {
	org := s.biggest
	histogram := func(every daybook.Interval, zone string, long time.Duration, by ...daybook.Field) func(context.Context, logFile, int) (int, error) {
		return func(ctx context.Context, f logFile, n int) (int, error) {
			location, err := time.LoadLocation(zone)
			if err != nil {
				return 0, err
			}
			edges, err := daybook.Edges(s.end.Add(-long-time.Duration(n)*time.Second), s.end, every, location)
			if err != nil {
				return 0, err
			}
			buckets, err := daybook.Histogram(ctx, f.Store, org, daybook.Query{}, edges, by...)
			return len(buckets), err
		}
	}
	filter := func(text func(n int) string) func(context.Context, logFile, int) (int, error) {
		return func(ctx context.Context, f logFile, n int) (int, error) {
			filter, _, err := daybook.ParseFilter(text(n), nil)
			if err != nil {
				return 0, err
			}
			page, err := f.Query(ctx, org, daybook.Query{Filter: filter, Limit: 100})
			return 1 + len(page.Entries), err
		}
	}
	count := func(by daybook.Field) func(context.Context, logFile, int) (int, error) {
		return func(ctx context.Context, f logFile, _ int) (int, error) {
			groups, err := f.Count(ctx, org, daybook.Query{}, by)
			return len(groups), err
		}
	}
	top := func(field daybook.Field) func(context.Context, logFile, int) (int, error) {
		return func(ctx context.Context, f logFile, _ int) (int, error) {
			top, err := daybook.TopValues(ctx, f.Store, org, daybook.Query{}, field, 10)
			return len(top.Values), err
		}
	}
	const report, search = 10, 50 // ms
	return []question{
		{"count by action and outcome, 30 days and a part of an hour", report, false, func(ctx context.Context, f logFile, n int) (int, error) {
			groups, err := f.Count(ctx, org, daybook.Query{From: s.end.Add(-30*24*time.Hour - time.Duration(n)*time.Second)}, daybook.ByAction, daybook.ByOutcome)
			return len(groups), err
		}},
		{"histogram by the hour, 7 days", report, false, histogram(daybook.Hour, "UTC", 7*24*time.Hour)},
		{"histogram by the day in Berlin and by action, 90 days", report, false, histogram(daybook.Day, "Europe/Berlin", span, daybook.ByAction)},
		{"count by action", report, false, count(daybook.ByAction)},
		{"count by user", 0, false, count(daybook.ByUserID)},
		{"top values of the resource type", report, false, top(daybook.ByResourceType)},
		{"top users", 0, false, top(daybook.ByUserID)},
		{"top resources", 0, false, top(daybook.ByResourceID)},
		{"top values in the details", 0, false, top("details.batch")},
		{"count of a value in the details", search, false, func(ctx context.Context, f logFile, n int) (int, error) {
			groups, err := f.Count(ctx, org, daybook.Query{Details: daybook.Details{"batch": fmt.Sprintf("b-%04d", n%1000)}})
			if err != nil || len(groups) == 0 {
				return 0, err
			}
			return 1 + int(groups[0].Count), nil
		}},
		{"page of 100 of a value in the details", search, false, filter(func(n int) string { return fmt.Sprintf(`details.batch="b-%04d"`, n%1000) })},
		{"text that some entries have", search, false, filter(func(n int) string { return fmt.Sprintf(`"b-%04d"`, n%1000) })},
		{"text that no entry has", search, false, filter(func(n int) string { return fmt.Sprintf(`"key rotation %d"`, n) })},
	}
}
