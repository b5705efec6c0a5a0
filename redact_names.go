package daybook

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A nameKind is what the name of a member says about its value.
type nameKind struct {
	label   string // what is masked: "password", "token"; "" when the name tells of no secret
	numbers bool   // numbers are masked too: a PIN is a secret, tokens: 1532 is a count
	id      bool   // the value is an id or a measure, so its digits are no card number
	role    nameRole
}

// A nameRole is the part of a member in an object such as {"name": "password", "value": "..."} or
// {"field": "password", "old": "...", "new": "..."}.
type nameRole uint8

const (
	roleNone  nameRole = iota
	roleName           // the value of this member is a name
	roleValue          // the value of this member is what that name has
)

// nameKindOf judges a member name by its words; see nameWords. The first rule that fits decides:
//
//  1. The last word says that the value is about a secret, not the secret: token_id, keyPrefix.
//  2. Any word is one for a password: old_password, passwordHash.
//  3. The whole name is that of a secret: Set-Cookie, credit_card, pin. Before it may stand whose
//     or which one it is: old_pin, customer_ssn.
//  4. The end of the name is that of a secret: clientSecret, x-api-key.
//
// There is no rule for parts of words: auth would find author, and key would find monkey. For
// rules 3 and 4 a word such as value or base64 at the end does not count: secret_value. The parts
// of a dotted path are judged like the names of objects within each other, since [Diff] makes
// such paths of them.
func nameKindOf(name string) nameKind {
	for rest := name; ; {
		part, after, more := strings.Cut(rest, ".")
		if !more && len(part) == len(name) {
			break
		}
		if k := nameKindOfPart(part); k.label != "" {
			k.role = roleNone
			return k
		}
		if !more {
			break
		}
		rest = after
	}
	return nameKindOfPart(name)
}

func nameKindOfPart(name string) nameKind {
	var joined [64]byte // room on the stack for all but the longest names
	var starts [12]int
	w := splitName(name, nameWords{joined[:0], starts[:0]})

	hi := len(w.starts)
	for hi > 0 && isDigit(w.word(hi - 1)[0]) {
		hi--
	}
	if hi == 0 {
		return nameKind{}
	}
	var k nameKind
	k.role = roleOf(w.from(0, hi))
	last := w.word(hi - 1)
	if isAboutSecret(last) || isAboutSecret(singular(last)) {
		k.id = isIDWord(singular(last))
		return k
	}
	k.id = isIDWord(singular(last))
	for i := range hi {
		if isPasswordWord(singular(w.word(i))) {
			k.label, k.numbers = "password", true
			return k
		}
	}
	for hi > 1 && isFormWord(w.word(hi-1)) {
		hi--
	}
	for lo := 0; ; lo++ {
		whole := singular(w.from(lo, hi))
		if k.label, k.numbers = wholeSecret(whole); k.label == "" && lo == 0 {
			k.label, k.numbers = endingSecret(whole)
		}
		if k.label != "" || lo == 3 || lo+1 >= hi || !isOwnerWord(w.word(lo)) {
			return k
		}
	}
}

// nameWords are the words of a name in lower case. Words end at anything that is no letter or
// digit, where lower case turns to upper, before the last capital of HTTPServer, and between
// letters and digits. Full-width letters count as ASCII, and characters without width not at all,
// or either would hide a name.
type nameWords struct {
	joined []byte
	starts []int // in joined
}

func (w nameWords) word(i int) []byte { return w.from(i, i+1) }

func (w nameWords) from(i, j int) []byte {
	if j == len(w.starts) {
		return w.joined[w.starts[i]:]
	}
	return w.joined[w.starts[i]:w.starts[j]]
}

func splitName(name string, w nameWords) nameWords {
	const (
		other = iota
		lower
		upper
		digit
	)
	was := other
	for i := 0; i < len(name); {
		r, n := rune(name[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(name[i:])
			switch {
			case '！' <= r && r <= '～':
				r -= '！' - '!'
			case unicode.Is(unicode.Cf, r):
				i += n
				continue
			}
		}
		i += n
		is := other
		switch {
		case 'a' <= r && r <= 'z':
			is = lower
		case 'A' <= r && r <= 'Z':
			is = upper
		case '0' <= r && r <= '9':
			is = digit
		case r >= utf8.RuneSelf && unicode.IsUpper(r):
			is = upper
		case r >= utf8.RuneSelf && unicode.IsLetter(r):
			is = lower
		}
		begins := is != was
		switch {
		case is == other:
			was = other
			continue
		case is == lower && was == upper: // the capital before it began this word
			begins = false
		case is == upper && was == upper:
			begins = isLowerASCII(name, i) && !(name[i] == 's' && !isLowerASCII(name, i+1)) // not in IDs
		}
		if begins {
			w.starts = append(w.starts, len(w.joined))
		}
		if r < utf8.RuneSelf {
			if is == upper {
				r += 'a' - 'A'
			}
			w.joined = append(w.joined, byte(r))
		} else {
			w.joined = utf8.AppendRune(w.joined, unicode.ToLower(r))
		}
		was = is
	}
	return w
}

func isLowerASCII(s string, i int) bool { return i < len(s) && 'a' <= s[i] && s[i] <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// singular drops the s of a plural; the rules know their words without it.
func singular(word []byte) []byte {
	if n := len(word); n > 2 && word[n-1] == 's' && word[n-2] != 's' {
		return word[:n-1]
	}
	return word
}

func isAboutSecret(word []byte) bool {
	switch string(word) {
	case "id", "at", "by", "on", "type", "prefix", "policy", "expires", "expiry", "ttl", "version",
		"name", "count", "changed", "set", "enabled", "required", "method", "reason", "status",
		"state", "date", "time", "age", "length", "strength", "fingerprint", "scope", "issuer",
		"algorithm", "attempt", "failure", "retries", "limit", "day", "hour", "minute", "second",
		"size", "score", "rotated", "updated", "error", "rule":
		return true
	}
	return false
}

func isPasswordWord(word []byte) bool {
	switch string(word) {
	case "password", "passwd", "pwd", "passphrase", "passcode":
		return true
	}
	return false
}

// isFormWord finds the words that tell in which form, or of which side of a change, a secret is.
func isFormWord(word []byte) bool {
	switch string(word) {
	case "value", "plain", "plaintext", "clear", "cleartext", "raw", "base", "hex", "encoded", "pem",
		"old", "new", "current", "previous", "before", "after":
		return true
	}
	return isDigit(word[0])
}

// isOwnerWord finds the words that tell whose or which secret it is, without making it another.
func isOwnerWord(word []byte) bool {
	switch string(word) {
	case "old", "new", "current", "previous", "original", "raw", "user", "customer", "client", "admin",
		"account", "employee", "owner", "my", "x", "http", "request", "response", "header", "payment",
		"card", "bank", "db", "database", "login":
		return true
	}
	return false
}

// wholeSecret is rule 3.
func wholeSecret(name []byte) (label string, numbers bool) {
	switch string(name) {
	case "authorization", "proxyauthorization", "bearer":
		return "authorization", false
	case "cookie", "setcookie", "jsessionid", "phpsessid":
		return "cookie", false
	case "otp", "otpcode", "totp", "totpcode", "mfaotp", "smsotp", "emailotp":
		return "otp", true
	case "pin", "pincode", "pinnumber":
		return "pin", true
	case "cvv", "cvc", "cvvcode", "cvccode", "cardverificationvalue", "cardverificationcode":
		return "cvv", true
	case "ssn", "ssnumber", "socialsecurity", "socialsecuritynumber", "socialsecurityno":
		return "ssn", true
	case "creditcard", "debitcard", "cardno", "cardnum", "creditcardno", "creditcardnum", "ccnumber", "ccnum", "ccno":
		return "card", true
	case "mnemonic", "mnemonicphrase", "seedphrase", "recoveryphrase", "backupphrase", "walletseed", "seedword":
		return "phrase", false
	case "connectionstring", "connstring", "connectionuri", "dsn", "databasedsn":
		return "connection", false
	case "pass", "userpass", "dbpass", "adminpass", "rootpass", "smtppass", "mysqlpass", "redispass", "ftppass", "mailpass":
		return "password", true
	case "jwt", "csrf", "xsrf":
		return "token", false
	}
	return "", false
}

// endingSecret is rule 4.
func endingSecret(name []byte) (label string, numbers bool) {
	ends := func(list ...string) bool {
		for _, s := range list {
			if len(name) >= len(s) && string(name[len(name)-len(s):]) == s {
				return true
			}
		}
		return false
	}
	if len(name) < len("token") {
		return "", false
	}
	switch name[len(name)-1] {
	case 't':
		if ends("secret") {
			return "secret", false
		}
	case 'n':
		if ends("token") {
			return "token", false
		}
	case 'd':
		if ends("password", "passwd") {
			return "password", true
		}
	case 'y':
		if bytes.HasSuffix(name, []byte("key")) && ends("apikey", "accesskey", "privatekey", "secretkey",
			"signingkey", "signaturekey", "encryptionkey", "decryptionkey", "masterkey", "sharedkey",
			"accountkey", "sessionkey", "authkey", "hmackey", "recoverykey", "symmetrickey", "cipherkey") {
			return "key", false
		}
	case 'e':
		switch {
		case ends("passphrase", "passcode"):
			return "password", true
		case ends("recoverycode", "backupcode", "verificationcode", "securitycode", "accesscode",
			"authcode", "authorizationcode", "mfacode", "twofactorcode", "onetimecode", "logincode",
			"resetcode", "smscode", "devicecode"):
			return "code", false
		}
	case 'r':
		switch {
		case ends("cardnumber"):
			return "card", true
		case ends("securityanswer"):
			return "secret", false
		}
	}
	return "", false
}

// isIDWord finds the last words of names whose digits identify or measure something. A random id of
// 16 digits passes for a card number too often.
func isIDWord(word []byte) bool {
	switch string(word) {
	case "id", "uuid", "guid", "key", "ref", "reference", "number", "no", "num", "nr", "serial", "sku", "ean", "gtin",
		"upc", "isbn", "imei", "iccid", "imsi", "tracking", "trace", "span", "order", "invoice",
		"receipt", "transaction", "account", "phone", "tel", "mobile", "fax", "barcode", "hash",
		"digest", "checksum", "sha", "md", "etag", "version", "revision", "offset", "position",
		"sequence", "seq", "cursor", "size", "byte", "count", "total", "at", "time", "timestamp", "date", "ts", "ns",
		"us", "ms", "nano", "micro", "milli":
		return true
	}
	return false
}

func roleOf(name []byte) nameRole {
	switch string(name) {
	case "name", "key", "field", "header", "param", "parameter", "property", "attribute", "variable",
		"column", "path", "fieldname", "headername", "propertyname", "attributename", "keyname":
		return roleName
	case "value", "old", "new", "from", "to", "val", "before", "after", "previous", "current",
		"oldvalue", "newvalue", "valueold", "valuenew", "previousvalue", "currentvalue", "values":
		return roleValue
	}
	return roleNone
}

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

// assignments masks the values of name=value and of "name": "value", wherever they stand: query
// strings, forms, cookies, connection strings, environments, arguments, cut off JSON.
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
	} else if s[i] == ':' {
		return a, false
	} else {
		a.name = nameStart(s, from, a.nameEnd)
	}
	for n := 0; n < 2 && spaced && a.value < len(s) && s[a.value] == ' '; n++ {
		a.value++
	}
	return a, a.name < a.nameEnd
}

func (a *assignment) readValue(s string) {
	a.value, a.end = valueAt(s, a.value, a.asJSON, isEnvironment(s, *a))
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
