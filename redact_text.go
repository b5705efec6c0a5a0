package daybook

import (
	"strings"
	"unicode/utf8"
)

// headers masks the values of lines Name: value, and of such lines in quotes.
func (r *redactor) headers(s string) string {
	e := editor{s: s}
	for i := 0; ; {
		n := strings.Index(s[i:], ": ")
		if n < 0 {
			return e.String()
		}
		colon := i + n
		i = colon + 2
		start := nameStart(s, max(e.done, colon-64), colon)
		quote, ok := lineBefore(s, start)
		if start == colon || !ok {
			continue
		}
		k := nameKindOf(s[start:colon])
		if k.label == "" {
			continue
		}
		end := len(s)
		if n := strings.IndexAny(s[i:], "\r\n"); n >= 0 {
			end = i + n
		}
		if quote != 0 {
			if n := strings.IndexByte(s[i:end], quote); n >= 0 {
				end = i + n
			}
		}
		for i < end && s[i] == ' ' {
			i++
		}
		if v := s[i:end]; isSecretText(v, k) && !isProse(v) {
			e.replace(i, end, r.mask(k.label))
		}
		i = end
	}
}

// nameStart finds where the name that ends at end begins.
func nameStart(s string, from, end int) int {
	i := end
	for i > from && (isAlnum(s[i-1]) || s[i-1] >= utf8.RuneSelf || strings.IndexByte("_-.[]$", s[i-1]) >= 0) {
		i--
	}
	return i
}

// lineBefore reports whether only marks as of a quoted or listed line stand between i and the
// beginning of its line, and the quote that was opened just before i, if any.
func lineBefore(s string, i int) (quote byte, ok bool) {
	if i > 0 && strings.IndexByte("\"'`", s[i-1]) >= 0 {
		return s[i-1], true
	}
	for n := 0; i > 0 && n < 16; n++ {
		if c := s[i-1]; c == '\n' || c == '\r' {
			return 0, true
		} else if strings.IndexByte(" \t><*+#-", c) < 0 {
			return 0, false
		}
		i--
	}
	return 0, i == 0
}

// assignments masks the values of name=value, of "name": "value" and of {name:value}, wherever they
// stand: query strings, forms, cookies, connection strings, environments, arguments, JSON that was
// cut off, Go values in error texts.
func (r *redactor) assignments(s string) string {
	e := editor{s: s}
	for i := 0; i < len(s); i++ {
		if s[i] != '=' && s[i] != ':' {
			continue
		}
		a, ok := assignmentAt(s, i, max(e.done, i-80))
		if !ok {
			continue
		}
		k := nameKindOf(s[a.name:a.nameEnd])
		if k.label != "" {
			a.readValue(s)
			ok = isSecretText(s[a.value:a.end], k)
		} else if ok = s[i] == '=' && isContextName(s[a.name:a.nameEnd]); ok {
			a.readValue(s[:min(len(s), a.value+4096)])
			k.label = contextLabel(s, a)
			ok = k.label != "" && isSecretText(s[a.value:a.end], k)
		}
		if ok {
			e.replace(a.value, a.end, r.mask(k.label))
			i = a.end - 1
		}
	}
	return e.String()
}

// An assignment is where in a text a name and its value stand.
type assignment struct {
	name, nameEnd, value, end int
	asJSON                    bool // the value may end at a comma or bracket
}

// assignmentAt reads the name before the sign at i, = or :, which does not begin before from.
func assignmentAt(s string, i, from int) (a assignment, ok bool) {
	a.nameEnd, a.value = i, i+1
	if s[i] == '=' {
		if i+1 < len(s) && s[i+1] == '=' || i > 0 && strings.IndexByte("=!<>~", s[i-1]) >= 0 {
			return a, false
		}
		if i+1 < len(s) && s[i+1] == '>' {
			a.value++
		}
		if a.nameEnd > from && s[a.nameEnd-1] == ':' {
			a.nameEnd--
		}
	}
	for n := 0; n < 2 && a.nameEnd > from && s[a.nameEnd-1] == ' '; n++ {
		a.nameEnd--
	}
	spaced := a.nameEnd < i || s[i] == ':'
	if a.nameEnd > from && (s[a.nameEnd-1] == '"' || s[a.nameEnd-1] == '\'') {
		a.asJSON = true
		a.nameEnd--
		quote := s[a.nameEnd]
		for a.nameEnd > from && s[a.nameEnd-1] == '\\' {
			a.nameEnd--
		}
		n := strings.LastIndexByte(s[from:a.nameEnd], quote)
		if n < 0 {
			return a, false
		}
		a.name = from + n + 1
	} else {
		a.name = nameStart(s, from, a.nameEnd)
		if s[i] == ':' {
			a.name += strings.LastIndexByte(s[a.name:a.nameEnd], '[') + 1
			if spaced = false; !isGoField(s, a.name, i) {
				return a, false
			}
			a.asJSON = true
		}
	}
	for n := 0; n < 2 && spaced && a.value < len(s) && s[a.value] == ' '; n++ {
		a.value++
	}
	return a, a.name < a.nameEnd
}

func (a *assignment) readValue(s string) {
	a.value, a.end = valueAt(s, a.value, a.asJSON, isEnvironment(s, *a))
	switch strings.ToLower(s[a.value:a.end]) {
	case "bearer", "basic", "token", "digest", "negotiate", "apikey": // Authorization=Bearer ...
		if a.end+1 < len(s) && s[a.end] == ' ' {
			_, a.end = valueAt(s, a.end+1, a.asJSON, false)
		}
	}
}

// isGoField reports whether name:value stands in a struct or map as package fmt prints it:
// {Name:bob Password:...}, map[password:...]. In a list, [token:read], it is something else.
func isGoField(s string, name, colon int) bool {
	if colon+1 == len(s) || s[colon+1] == ' ' || name == 0 || strings.IndexByte("{[ ", s[name-1]) < 0 {
		return false
	}
	from := max(0, name-256)
	open := strings.LastIndexAny(s[from:name], "{[]}")
	return open >= 0 && (s[from+open] == '{' || s[from+open] == '[' && strings.HasSuffix(s[:from+open], "map"))
}

// isEnvironment reports whether a line begins with the name, as in DB_PASSWORD=...; then the
// value goes on to the end of the line.
func isEnvironment(s string, a assignment) bool {
	if a.name > 0 && s[a.name-1] != '\n' && s[a.name-1] != '\r' {
		return false
	}
	for _, c := range []byte(s[a.name:a.nameEnd]) {
		if !('A' <= c && c <= 'Z' || isDigit(c) || c == '_') {
			return false
		}
	}
	return true
}

// valueAt finds the value that begins at i. Of a value in quotes it is what stands between them.
func valueAt(s string, i int, asJSON, wholeLine bool) (start, end int) {
	escapes := 0
	for i+escapes < len(s) && s[i+escapes] == '\\' {
		escapes++
	}
	if q := i + escapes; q < len(s) && (s[q] == '"' || s[q] == '\'' || s[q] == '`') {
		back := 0 // backslashes just before p
		for p := q + 1; p < len(s); p++ {
			switch {
			case s[p] == '\\':
				back++
				continue
			case s[p] == s[q] && (escapes == 0 && back%2 == 0 || escapes > 0 && back <= escapes):
				return q + 1, p - min(back, escapes)
			}
			back = 0
		}
		return q + 1, len(s)
	}
	if i < len(s) && (s[i] == '{' || s[i] == '[' && !strings.HasPrefix(s[i:], "[redacted")) {
		depth := 0
		for p := i; p < len(s); p++ {
			switch s[p] {
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i, p + 1
				}
			}
		}
		return i, len(s)
	}
	for end = i; end < len(s); end++ {
		c := s[end]
		switch {
		case c == '\n' || c == '\r':
			return i, end
		case wholeLine:
		case c == ' ' || c == '\t' || c == '&' || c == ';' || c == '"' || c == '\'' || c == '`' || c == '<':
			for end > i && s[end-1] == '\\' {
				end--
			}
			return i, end
		case asJSON && (c == ',' || c == '}' || c == ']' && !strings.HasPrefix(s[i:], "[redacted")):
			return i, end
		case c == ',':
			if n := strings.IndexAny(s[end+1:min(len(s), end+40)], "=, &;"); n > 0 && s[end+1+n] == '=' {
				return i, end
			}
		}
	}
	return i, end
}

// setCookie masks the value of a Set-Cookie header (RFC 6265) without its name.
func (r *redactor) setCookie(s string) string {
	pair, attributes, ok := strings.Cut(s, ";")
	name, value, isPair := strings.Cut(pair, "=")
	if !ok || !isPair || strings.ContainsAny(name, " \t\"'") || !isSecretText(value, nameKind{}) {
		return s
	}
	for attribute := range strings.SplitSeq(attributes, ";") {
		attribute, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(attribute)), "=")
		switch attribute {
		case "httponly", "secure", "samesite":
			return name + "=" + r.mask("cookie") + ";" + attributes
		}
	}
	return s
}

// flags masks the argument behind --password and its like in a command line.
func (r *redactor) flags(s string) string {
	e := editor{s: s}
	for i := 0; ; {
		n := strings.Index(s[i:], "--")
		if n < 0 {
			return e.String()
		}
		start := i + n
		i = start + 2
		for i < len(s) && (isAlnum(s[i]) || s[i] == '-' || s[i] == '_') {
			i++
		}
		if i+1 >= len(s) || s[i] != ' ' || s[i+1] == '-' || start > 0 && s[start-1] != ' ' {
			continue
		}
		k := nameKindOf(s[start:min(i, start+64)])
		if k.label == "" {
			continue
		}
		from, to := valueAt(s, i+1, false, false)
		if v := s[from:to]; isSecretText(v, k) && !isProse(v) {
			e.replace(from, to, r.mask(k.label))
			i = to
		}
	}
}

// isContextName finds the names for which contextLabel looks further.
func isContextName(name string) bool {
	switch n := len(name); {
	case n > 40:
		return false
	case strings.EqualFold(name, "code"), strings.EqualFold(name, "auth"), strings.EqualFold(name, "hmac"), strings.EqualFold(name, "ticket"):
		return true
	}
	name = strings.ToLower(name)
	for _, part := range []string{"sess", "sid", "sig", "auth", "saml", "assertion", "verifier", "hint", "remember"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// contextLabel judges names that are those of secrets only in a query, a form or a cookie.
func contextLabel(s string, a assignment) string {
	before := byte(0)
	if a.name > 0 {
		before = s[a.name-1]
	}
	if before == ' ' && a.name > 1 {
		before = s[a.name-2]
	}
	if before == 0 && a.end < len(s) {
		before = s[a.end]
	}
	value := s[a.value:a.end]
	if len(value) < 6 {
		return ""
	}
	name := strings.ToLower(s[a.name:a.nameEnd])
	switch before {
	case '?', '&', '#':
		switch name {
		case "code":
			if strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == "" || strings.Trim(value, "abcdefghijklmnopqrstuvwxyz_-") == "" {
				return "" // an error or currency code
			}
			return "code"
		case "sig", "signature", "x-amz-signature", "x-goog-signature", "hmac", "ticket", "samlresponse", "samlrequest",
			"assertion", "client_assertion", "code_verifier", "id_token_hint":
			return "signature"
		case "session", "session_id", "sessionid", "sid", "auth", "auth_key":
			return "session"
		}
	case ';':
		for _, ending := range []string{"session", "sessionid", "session_id", "sess", "sessid", "sid", "connect.sid", "auth", "remember_me"} {
			if strings.HasSuffix(name, ending) {
				return "cookie"
			}
		}
	}
	return ""
}

// isSecretText reports whether v, told as the value of a name of kind k, has anything to hide.
// Numbers count only where a number is a secret, unless they are long.
func isSecretText(v string, k nameKind) bool {
	switch v {
	case "", "null", "nil", "None", "true", "false", "True", "False", "?", "%s", "%v", "%q", "{}", "[]":
		return false
	}
	if v[0] == '$' && len(v) <= 3 { // a placeholder in SQL
		return false
	}
	if !k.numbers && len(v) < 10 && strings.Trim(v, "0123456789") == "" {
		return false
	}
	if strings.HasPrefix(v, "[redacted") {
		i := strings.IndexByte(v, ']') + 1
		return !isMask(v[:i]) || strings.Trim(v[i:], ")]},.;>\\\"'`") != ""
	}
	return !isMask(v)
}

// isProse finds sentences such as "password: must be longer", which tell about a secret. Passwords
// of several words seldom have these among them.
func isProse(s string) bool {
	for i := range len(s) {
		if c := s[i]; 'A' <= c && c <= 'Z' && i > 0 || c >= utf8.RuneSelf || isDigit(c) && i > 0 && isAlnum(s[i-1]) && !isDigit(s[i-1]) {
			return false
		}
	}
	for word := range strings.FieldsSeq(s) {
		switch strings.ToLower(strings.Trim(word, ".,;:!()")) {
		case "is", "are", "was", "has", "have", "not", "must", "cannot", "should", "too", "no", "none",
			"invalid", "expired", "required", "missing", "malformed", "revoked", "unauthorized",
			"unexpected", "incorrect", "wrong", "unknown", "failed", "denied", "rejected", "mismatch",
			"changed", "reset", "updated", "removed", "created", "rotated", "deleted", "expires",
			"unsupported", "empty", "failure", "error", "parse", "to", "for", "from", "with":
			return true
		}
	}
	return false
}
