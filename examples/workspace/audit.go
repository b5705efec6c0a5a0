package workspace

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// Looking into the log is recorded too, as READ of activity_log. What was looked for stands in the
// details and not as the resource id, so that a document's trail does not fill with its readers.

// showAuditLog serves GET /audit-log/{resource_id}?after=&limit=: the guide's "Accessing Activity
// Logs: In Endpoints", newest first, in pages. Query takes the organization as a parameter of its own,
// so no answer can hold another's entries.
func (a *App) showAuditLog(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	draft := daybook.DraftOf(ctx)
	id := strings.ToLower(r.PathValue("resource_id"))
	if _, ok := daybook.ParseUUID(id); !ok {
		return &NotFoundError{Noun: "resource"}
	}
	draft.Detail("resource_id", id)
	if err := only(r, "after", "limit"); err != nil {
		return err
	}
	limit, err := number(r, "limit", daybook.DefaultLimit, 1, daybook.MaxLimit)
	if err != nil {
		return err
	}
	q := daybook.Query{ResourceID: id, Limit: limit}
	return a.replyPage(w, r, who, q)
}

// reportUser serves GET /reports/users/{user_id}?days=30: the guide's user_activity_report, oldest
// first, from midnight UTC that many days ago. The guide's own report forgets the organization and
// shows any organization's entries.
func (a *App) reportUser(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	if err := only(r, "days", "after", "limit"); err != nil {
		return err
	}
	user := strings.ToLower(r.PathValue("user_id"))
	if _, ok := daybook.ParseUUID(user); !ok {
		return &NotFoundError{Noun: "user"}
	}
	days, err := number(r, "days", 30, 1, 3660)
	if err != nil {
		return err
	}
	limit, err := number(r, "limit", daybook.DefaultLimit, 1, daybook.MaxLimit)
	if err != nil {
		return err
	}
	draft := daybook.DraftOf(ctx)
	draft.Detail("report", "user")
	draft.Detail("user_id", user)
	draft.Detail("days", days)
	// From midnight on, so that the pages of one day belong to one query.
	midnight := time.Now().UTC().Truncate(24 * time.Hour)
	q := daybook.Query{UserID: user, From: midnight.AddDate(0, 0, -days), Order: daybook.Oldest, Limit: limit}
	return a.replyPage(w, r, who, q)
}

// replyPage answers with the page of q that the query parameter after names. Cursors leave the program
// sealed: bound to organization and query, so that nobody makes or alters one.
func (a *App) replyPage(w http.ResponseWriter, r *http.Request, who caller, q daybook.Query) error {
	var err error
	if q.After, err = a.cursors.Open(who.organization, q, r.URL.Query().Get("after")); err != nil {
		return invalid("after", "The cursor is not valid: start from the first page", nil)
	}
	page, err := a.log.Query(r.Context(), who.organization, q)
	if err != nil {
		return fmt.Errorf("query the log: %w", err)
	}
	next, err := a.cursors.Seal(who.organization, q, page.Next)
	if err != nil {
		return fmt.Errorf("seal cursor: %w", err)
	}
	body := struct {
		Entries []daybook.Entry `json:"entries"`
		Next    string          `json:"next,omitempty"` // the after of the next page; absent on the last
	}{append([]daybook.Entry{}, page.Entries...), next} // an empty list is [] in JSON
	return reply(w, http.StatusOK, body)
}

// reportActions serves GET /reports/actions: the guide's "Activity Report", how many entries the
// organization has of each action.
func (a *App) reportActions(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	daybook.DraftOf(ctx).Detail("report", "actions")
	groups, err := a.log.Count(ctx, who.organization, daybook.Query{}, daybook.ByAction)
	if err != nil {
		return fmt.Errorf("count the log: %w", err)
	}
	type count struct {
		Action string `json:"action"`
		Count  int64  `json:"count"`
	}
	counts := []count{}
	for _, g := range groups {
		counts = append(counts, count{g.Values[0], g.Count})
	}
	return reply(w, http.StatusOK, map[string]any{"actions": counts})
}

// watchSignIn looks for suspicious activity after a sign-in was refused. It stands outside of Track,
// so that the refusal is in the log when it looks.
func (a *App) watchSignIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		s := daybook.ScopeOf(r.Context())
		if s.UserID != "" {
			return // signed in
		}
		organization := s.OrganizationID
		if organization == "" {
			organization = PlatformOrganization
		}
		// The client does not wait for it, and may be gone before it ends: Detach keeps the scope
		// and drops the request's cancellation.
		ctx := daybook.Detach(r.Context())
		a.tasks.run(func() {
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			if _, err := a.checkSuspiciousActivity(ctx, organization); err != nil {
				a.logger.LogAttrs(ctx, slog.LevelError, "suspicious activity not checked", slog.String("error", err.Error()))
			}
		})
	})
}

// checkSuspiciousActivity is the guide's check_suspicious_activity: more than ten refused sign-ins in
// an organization within an hour are a possible brute force attack. It returns their number.
//
// Outcome denied is what the log has an index for. The guide's own condition, READ entries whose
// details.error is Unauthorized, finds the same entries, and stands here too so that other denials
// do not count.
func (a *App) checkSuspiciousActivity(ctx context.Context, organization string) (int64, error) {
	groups, err := a.log.Count(ctx, organization, daybook.Query{
		Actions:  []daybook.Action{daybook.Read},
		Outcomes: []daybook.Outcome{daybook.Denied},
		Details:  daybook.Details{"error": "Unauthorized"},
		From:     time.Now().Add(-time.Hour),
	})
	if err != nil {
		return 0, fmt.Errorf("check suspicious activity: %w", err)
	}
	var count int64
	for _, g := range groups { // without fields there is one group, or none
		count += g.Count
	}
	if count > 10 {
		message := fmt.Sprintf("Suspicious activity in org %s: %d failed auth attempts", organization, count)
		if err := a.sendSecurityAlert(ctx, organization, message); err != nil {
			return count, err
		}
	}
	return count, nil
}

// sendSecurityAlert writes to the owners of the organization, at most once an hour. That the mail was
// sent is an entry, by the system and nobody else.
func (a *App) sendSecurityAlert(ctx context.Context, organization, message string) error {
	ctx = daybook.WithScope(ctx, daybook.Scope{
		OrganizationID: organization,
		ActorType:      daybook.ActorSystem,
		RequestID:      daybook.ScopeOf(ctx).RequestID, // the request that went too far
	})
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("send security alert: %w", err)
	}
	defer tx.Rollback() // does nothing after the commit
	now := time.Now()
	result, err := tx.ExecContext(ctx, `
		insert into security_alerts (organization_id, sent_at)
		values ($1, $2)
		on conflict (organization_id) do update
		set sent_at = excluded.sent_at
		where security_alerts.sent_at < $3`, organization, now.UnixMicro(), now.Add(-time.Hour).UnixMicro())
	if err != nil {
		return fmt.Errorf("send security alert: %w", err)
	}
	if n, err := result.RowsAffected(); n == 0 || err != nil {
		return err // the owners know
	}
	owners, err := all(ctx, tx, scanUser, `
		select id, organization_id, name, email, password, created_at
		from users
		where organization_id = $1
			and id in (select user_id from memberships where organization_id = $1 and role = 'owner')`, organization)
	if err != nil {
		return fmt.Errorf("send security alert: %w", err)
	}
	for _, owner := range owners {
		if err := a.enqueue(ctx, tx, Mail{To: owner.Email, Subject: "Suspicious activity", Body: message}); err != nil {
			return fmt.Errorf("send security alert: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("send security alert: %w", err)
	}
	// In the platform organization there is nobody to write to: this line is what its operators get.
	a.logger.LogAttrs(ctx, slog.LevelWarn, "security alert", slog.String("message", message))
	a.wakeMail()
	return nil
}
