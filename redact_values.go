package daybook

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shapes masks what shows by its own shape to be secret in a text whose name tells nothing. Every
// search below is preceded by a look for the bytes it cannot do without, takes time linear in the
// text, and leaves masks alone.
func (r *redactor) shapes(s string, k nameKind) (string, bool) {
	has := traitsOf(s)
	if has.bytes&(hasEquals|hasColon|hasSpace|hasPercent|hasQuote) == 0 && has.run < 16 && has.digits < 13 {
		return s, false
	}
	t := s
	if r.level < redactTextLevels {
		t = r.jsonText(t)
	}
	if has.bytes&hasDash != 0 && strings.Contains(t, "-----BEGIN ") {
		t = r.privateKeys(t)
	}
	if has.bytes&hasColon != 0 && strings.Contains(t, ": ") {
		t = r.headers(t)
	}
	if has.bytes&hasEquals != 0 || has.bytes&hasColon != 0 && has.bytes&hasQuote != 0 {
		t = r.setCookie(r.assignments(t))
	}
	if has.bytes&hasAt != 0 {
		t = r.userinfo(t)
	}
	if has.bytes&hasColon != 0 && strings.Contains(t, "://") {
		t = r.webhooks(t)
	}
	if has.bytes&hasSpace != 0 {
		t = r.credentials(t)
		if strings.Contains(t, " --") || strings.HasPrefix(t, "--") {
			t = r.flags(t)
		}
	}
	if has.run >= 16 {
		t = r.tokens(t)
	}
	if has.digits >= 13 && !k.id {
		t = r.cards(t)
	}
	if r.level < redactTextLevels {
		if has.bytes&hasPercent != 0 {
			t = r.urlEncoded(t, k)
		}
		if has.run >= 16 && has.bytes&hasSpace == 0 {
			t = r.base64(t)
		}
	}
	return t, t != s
}

// traits are what a text has that the searches look for.
type traits struct {
	bytes  uint8
	digits int
	run    int // the longest run of letters, digits, - and _
}

const (
	hasEquals = 1 << iota
	hasColon
	hasAt
	hasSpace
	hasQuote
	hasPercent
	hasDash
	inRun
)

var traitOf = [256]uint8{
	'=': hasEquals, ':': hasColon, '@': hasAt, '%': hasPercent,
	' ': hasSpace, '\t': hasSpace, '\n': hasSpace, '\r': hasSpace,
	'"': hasQuote, '\'': hasQuote, '-': hasDash | inRun, '_': inRun,
	'0': inRun, '1': inRun, '2': inRun, '3': inRun, '4': inRun, '5': inRun, '6': inRun, '7': inRun, '8': inRun, '9': inRun,
	'A': inRun, 'B': inRun, 'C': inRun, 'D': inRun, 'E': inRun, 'F': inRun, 'G': inRun, 'H': inRun, 'I': inRun,
	'J': inRun, 'K': inRun, 'L': inRun, 'M': inRun, 'N': inRun, 'O': inRun, 'P': inRun, 'Q': inRun, 'R': inRun,
	'S': inRun, 'T': inRun, 'U': inRun, 'V': inRun, 'W': inRun, 'X': inRun, 'Y': inRun, 'Z': inRun,
	'a': inRun, 'b': inRun, 'c': inRun, 'd': inRun, 'e': inRun, 'f': inRun, 'g': inRun, 'h': inRun, 'i': inRun,
	'j': inRun, 'k': inRun, 'l': inRun, 'm': inRun, 'n': inRun, 'o': inRun, 'p': inRun, 'q': inRun, 'r': inRun,
	's': inRun, 't': inRun, 'u': inRun, 'v': inRun, 'w': inRun, 'x': inRun, 'y': inRun, 'z': inRun,
}

func traitsOf(s string) traits {
	var t traits
	run := 0
	for i := range len(s) {
		b := traitOf[s[i]]
		t.bytes |= b
		if b&inRun == 0 {
			t.run = max(t.run, run)
			run = 0
			continue
		}
		run++
		if s[i] <= '9' && s[i] >= '0' {
			t.digits++
		}
	}
	t.run = max(t.run, run)
	return t
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// An editor replaces parts of a text from left to right.
type editor struct {
	s    string
	out  []byte
	done int // s[:done] is in out
}

func (e *editor) replace(from, to int, with string) {
	e.out = append(append(e.out, e.s[e.done:from]...), with...)
	e.done = to
}

func (e *editor) String() string {
	if e.done == 0 {
		return e.s
	}
	return string(append(e.out, e.s[e.done:]...))
}

// jsonText redacts a string that is a JSON object or list, or one more string around such.
func (r *redactor) jsonText(s string) string {
	t := strings.TrimLeft(s, " \t\r\n")
	if t == "" || t[0] != '{' && t[0] != '[' && t[0] != '"' {
		return s
	}
	v, ok := decodeJSON([]byte(t))
	if !ok {
		return s
	}
	r.level++
	v, ok = r.value(v, nameKind{})
	r.level--
	if !ok {
		return s
	}
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	if w.Encode(v) != nil {
		return r.mask("unscanned")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// urlEncoded redacts what shows only once the text is decoded. The decoded text then stays.
func (r *redactor) urlEncoded(s string, k nameKind) string {
	decoded := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if b, err := hex.AppendDecode(decoded, []byte(s[i+1:i+3])); err == nil {
				decoded = b
				i += 2
				continue
			}
		}
		decoded = append(decoded, s[i])
	}
	if len(decoded) == len(s) {
		return s
	}
	r.level++
	defer func() { r.level-- }()
	if t, ok := r.shapes(clean(string(decoded)), k); ok {
		return t
	}
	return s
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// base64 masks a text that is wholly base64 of a text with secrets. What begins with control
// characters or is no UTF-8 is something else, such as a hash.
func (r *redactor) base64(s string) string {
	body := strings.TrimRight(s, "=")
	if len(s)-len(body) > 2 || len(body)%4 == 1 {
		return s
	}
	enc := base64.RawStdEncoding
	for i := range len(body) {
		switch c := body[i]; {
		case c == '-' || c == '_':
			enc = base64.RawURLEncoding
		case !isAlnum(c) && c != '+' && c != '/':
			return s
		}
	}
	var head [12]byte
	if n, err := enc.Decode(head[:], []byte(body[:16])); err != nil || !isPrintable(head[:n]) {
		return s
	}
	decoded, err := enc.DecodeString(body)
	if err != nil || !utf8.Valid(decoded) {
		return s
	}
	r.level++
	defer func() { r.level-- }()
	before := r.masked
	if _, ok := r.shapes(string(decoded), nameKind{}); !ok {
		return s
	}
	r.masked = before
	return r.mask("encoded")
}

// isPrintable reports whether b is UTF-8 without control characters. It may end within a character.
func isPrintable(b []byte) bool {
	for len(b) > 0 && utf8.FullRune(b) {
		c, n := utf8.DecodeRune(b)
		if c == utf8.RuneError && n == 1 || unicode.IsControl(c) && !unicode.IsSpace(c) {
			return false
		}
		b = b[n:]
	}
	return len(b) < utf8.UTFMax
}

// privateKeys masks PEM blocks of private keys (RFC 7468), also those cut off before their end.
func (r *redactor) privateKeys(s string) string {
	e := editor{s: s}
	for i := 0; ; {
		begin := strings.Index(s[i:], "-----BEGIN ")
		if begin < 0 {
			return e.String()
		}
		begin += i
		i = begin + len("-----BEGIN ")
		label := s[i:min(len(s), i+40)]
		if label, _, _ = strings.Cut(label, "-----"); !strings.Contains(label, "PRIVATE KEY") {
			continue
		}
		end := len(s)
		if n := strings.Index(s[i:], "-----END "); n >= 0 {
			n += i + len("-----END ")
			if m := strings.Index(s[n:min(len(s), n+48)], "-----"); m >= 0 {
				end = n + m + len("-----")
			}
		}
		e.replace(begin, end, r.mask("privatekey"))
		i = end
	}
}

// userinfo masks the password of scheme://user:password@host, and a name there that is a token.
// Passwords are found also where they hold characters that should have been escaped.
func (r *redactor) userinfo(s string) string {
	e := editor{s: s}
	mask := func(from, to int) {
		info := s[from:to]
		if colon := strings.IndexByte(info, ':'); isMask(info) {
			return
		} else if colon >= 0 {
			if pass := info[colon+1:]; pass != "" && !isMask(pass) {
				e.replace(from+colon+1, to, r.mask("url"))
			}
		} else if len(info) >= 20 && strings.ContainsAny(info, "0123456789") && !strings.Contains(info, "%40") {
			e.replace(from, to, r.mask("url"))
		}
	}
	const most = 1024 // bytes looked at behind ://
	for i := 0; ; {
		n := strings.Index(s[i:], "://")
		if n < 0 {
			break
		}
		i += n + len("://")
		rest := s[i:min(len(s), i+most)]
		if n := strings.IndexAny(rest, " \t\r\n\"'`<>"); n >= 0 {
			rest = rest[:n]
		}
		authority := rest
		if n := strings.IndexAny(rest, "/?#"); n >= 0 {
			authority = rest[:n]
		}
		at := strings.LastIndexByte(authority, '@')
		if _, port, ok := strings.Cut(authority, ":"); at < 0 && ok && authority[0] != '[' && strings.Trim(port, "0123456789") != "" {
			at = strings.LastIndexByte(rest, '@')
		}
		if at > 0 {
			mask(i, i+at)
			i += at
		}
	}
	for _, protocol := range []string{"@tcp(", "@unix("} { // Go's MySQL driver
		if at := strings.Index(s, protocol); at > 0 && !strings.Contains(s, "://") {
			from := max(0, at-most)
			if n := strings.LastIndexAny(s[from:at], " \t\r\n\"'`"); n >= 0 {
				from += n + 1
			}
			mask(from, at)
			break
		}
	}
	return e.String()
}

// credentials masks what stands behind Bearer (RFC 6750) and Basic (RFC 7617).
func (r *redactor) credentials(s string) string {
	e := editor{s: s}
	for i := 0; i+7 < len(s); i++ {
		if s[i]|0x20 != 'b' || i > 0 && isAlnum(s[i-1]) {
			continue
		}
		var label string
		start := i
		switch {
		case strings.EqualFold(s[i:i+7], "bearer "):
			label, start = "bearer", i+7
		case strings.EqualFold(s[i:i+6], "basic "):
			label, start = "basic", i+6
		default:
			continue
		}
		end := start
		for end < len(s) && (isAlnum(s[end]) || strings.IndexByte("-._~+/=", s[end]) >= 0) {
			end++
		}
		if end < len(s) && s[end] == '"' && end > start && s[end-1] == '=' {
			continue // a parameter of a challenge: Bearer realm="..."
		}
		v := strings.TrimRight(s[start:end], ".")
		digits := strings.ContainsAny(v, "0123456789")
		mixed := strings.ToLower(v) != v && strings.ToUpper(v) != v
		var secret bool
		switch {
		case label == "basic":
			b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(v, "="))
			secret = err == nil && bytes.IndexByte(b, ':') >= 0
		default:
			secret = len(v) >= 6 && digits || len(v) >= 16 && mixed || len(v) >= 24
		}
		if secret {
			e.replace(start, start+len(v), r.mask(label))
			i = start + len(v) - 1
		}
	}
	return e.String()
}

// providers are how the tokens of services begin, and the characters of which at least so many
// follow.
var providers = []struct {
	label    string
	chars    bodyChars
	least    int
	prefixes string
}{
	{"1password", ofWord, 100, "ops_eyJ"},
	{"age", ofCapital, 40, "AGE-SECRET-KEY-1"},
	{"alibaba", ofAlnum, 16, "LTAI"},
	{"anthropic", ofWord, 32, "sk-ant-"},
	{"artifactory", ofAlnum, 60, "AKCp"},
	{"atlassian", ofWord, 50, "ATATT3"},
	{"aws", ofCapital, 16, "ABIA ACCA AKIA ASIA"},
	{"bitbucket", ofAlnum, 28, "ATBB"},
	{"brevo", ofWord, 60, "xkeysib-"},
	{"buildkite", ofAlnum, 40, "bkua_"},
	{"circleci", ofWord, 30, "CCIPAT_"},
	{"contentful", ofWord, 40, "CFPAT-"},
	{"crates", ofAlnum, 32, "cio"},
	{"databricks", ofHex, 32, "dapi"},
	{"daybook", ofWord, 40, "dbk_"},
	{"digitalocean", ofHex, 64, "doo_v1_ dop_v1_ dor_v1_"},
	{"docker", ofWord, 20, "dckr_oat_ dckr_pat_"},
	{"doppler", ofAlnum, 40, "dp.ct. dp.pt. dp.sa."},
	{"doppler", ofDotted, 40, "dp.st."},
	{"duffel", ofWord, 40, "duffel_live_"},
	{"dynatrace", ofDotted, 80, "dt0c01."},
	{"easypost", ofAlnum, 50, "EZAK"},
	{"figma", ofWord, 30, "figd_"},
	{"flutterwave", ofWord, 30, "FLWSECK"},
	{"fly", ofWord, 40, "fo1_"},
	{"frameio", ofWord, 60, "fio-u-"},
	{"github", ofAlnum, 30, "gho_ ghp_ ghr_ ghs_ ghu_"},
	{"github", ofWord, 22, "github_pat_"},
	{"gitlab", ofDotted, 20, "glpat-"},
	{"gitlab", ofWord, 20, "glagent- glcbt- gldt- glft- glimt- gloas- glptt- glrt- glsoat-"},
	{"google", ofWord, 20, "ya29."},
	{"google", ofWord, 24, "GOCSPX-"},
	{"google", ofWord, 30, "1//0 AIza"},
	{"grafana", ofWord, 32, "glc_ glsa_"},
	{"groq", ofAlnum, 40, "gsk_"},
	{"heroku", ofWord, 36, "HRKU-"},
	{"hubspot", ofWord, 32, "pat-eu1- pat-na1-"},
	{"huggingface", ofAlnum, 30, "hf_"},
	{"linear", ofAlnum, 32, "lin_api_"},
	{"newrelic", ofAlnum, 27, "NRAK-"},
	{"notion", ofAlnum, 40, "ntn_"},
	{"notion", ofAlnum, 43, "secret_"},
	{"npm", ofAlnum, 36, "npm_"},
	{"nuget", ofAlnum, 43, "oy2"},
	{"nvidia", ofWord, 40, "nvapi-"},
	{"openai", ofAlnum, 32, "sk-"},
	{"openai", ofWord, 20, "sk-admin- sk-proj- sk-svcacct-"},
	{"openrouter", ofHex, 48, "sk-or-v1-"},
	{"perplexity", ofAlnum, 40, "pplx-"},
	{"planetscale", ofDotted, 32, "pscale_oauth_ pscale_pw_ pscale_tkn_"},
	{"postman", ofWord, 50, "PMAK-"},
	{"prefect", ofAlnum, 36, "pnu_"},
	{"pulumi", ofHex, 40, "pul-"},
	{"pypi", ofWord, 50, "pypi-AgE"},
	{"readme", ofAlnum, 60, "rdme_"},
	{"replicate", ofAlnum, 36, "r8_"},
	{"rubygems", ofHex, 48, "rubygems_"},
	{"sendgrid", ofDotted, 50, "SG."},
	{"sentry", ofHex, 40, "sntryu_"},
	{"sentry", ofWord, 40, "sntrys_"},
	{"shippo", ofHex, 40, "shippo_live_"},
	{"shopify", ofHex, 32, "shpat_ shpca_ shppa_ shpss_"},
	{"slack", ofDotted, 20, "xoxe."},
	{"slack", ofWord, 10, "xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs-"},
	{"slack", ofWord, 16, "xapp-"},
	{"square", ofWord, 22, "sq0atp-"},
	{"square", ofWord, 40, "sq0csp-"},
	{"square", ofWord, 56, "EAAA"},
	{"stripe", ofAlnum, 10, "rk_live_ rk_test_ sk_live_ sk_test_"},
	{"supabase", ofHex, 40, "sbp_"},
	{"supabase", ofWord, 20, "sb_secret_"},
	{"tailscale", ofWord, 16, "tskey-"},
	{"twilio", ofHex, 32, "SK"},
	{"typeform", ofDotted, 40, "tfp_"},
	{"vault", ofWord, 24, "hvb. hvr. hvs."},
	{"vercel", ofAlnum, 24, "vcp_"},
	{"webhook", ofAlnum, 24, "whsec_"},
}

// A tokenStart is one prefix of a provider.
type tokenStart struct {
	prefix string
	chars  bodyChars
	least  int
	label  string
}

// tokenStarts are all prefixes by their first byte, a longer one before one that it begins with.
var tokenStarts = func() (starts [128][]tokenStart) {
	for _, p := range providers {
		for prefix := range strings.FieldsSeq(p.prefixes) {
			list := &starts[prefix[0]]
			*list = append(*list, tokenStart{prefix, p.chars, p.least, p.label})
		}
	}
	for _, list := range starts {
		slices.SortFunc(list, func(a, b tokenStart) int { return strings.Compare(b.prefix, a.prefix) })
	}
	return starts
}()

// bodyChars are the characters a token goes on with.
type bodyChars uint8

const (
	ofAlnum   bodyChars = iota // letters and digits
	ofCapital                  // A-Z and digits
	ofHex                      // 0-9 and a-f
	ofWord                     // letters, digits, - and _
	ofDotted                   // letters, digits, -, _ and .
)

func (b bodyChars) has(c byte) bool {
	switch b {
	case ofCapital:
		return 'A' <= c && c <= 'Z' || isDigit(c)
	case ofHex:
		return isHex(c)
	case ofAlnum:
		return isAlnum(c)
	}
	return isAlnum(c) || c == '-' || c == '_' || b == ofDotted && c == '.'
}

// webhooks masks the paths of URLs that let anybody who knows them post to a channel.
func (r *redactor) webhooks(s string) string {
	for _, host := range []string{"://hooks.slack.com/", "://discord.com/api/webhooks/", "://discordapp.com/api/webhooks/"} {
		e := editor{s: s}
		for i := 0; ; {
			n := strings.Index(s[i:], host)
			if n < 0 {
				break
			}
			start := i + n + len(host)
			for i = start; i < len(s) && (s[i] == '/' || ofWord.has(s[i])); i++ {
			}
			if i > start {
				e.replace(start, i, r.mask("webhook"))
			}
		}
		s = e.String()
	}
	return s
}

// tokens masks the tokens of providers and JSON Web Tokens (RFC 7519), which begin where no letter
// or digit stands before.
func (r *redactor) tokens(s string) string {
	e := editor{s: s}
	was := byte(' ')
	for i := 0; i < len(s); i++ {
		begins := !isAlnum(was)
		was = s[i]
		if !begins || !isAlnum(was) {
			continue
		}
		end, label := 0, ""
		switch {
		case was == 'e' && strings.HasPrefix(s[i:], "eyJ"):
			end, label = jwtEnd(s, i), "jwt"
		}
		if starts := tokenStarts[was]; label == "" && starts != nil {
			end, label = tokenEnd(s, i, starts)
		}
		if end < 0 { // a token that has not the form; nothing in it begins another
			i = -end - 1
			was = s[i]
		} else if end > i {
			e.replace(i, end, r.mask(label))
			i = end - 1
			was = s[i]
		}
	}
	return e.String()
}

// tokenEnd returns the end of the token at i, 0 if there is none, and -n if what looked like one
// ends at n.
func tokenEnd(s string, i int, starts []tokenStart) (int, string) {
	for _, p := range starts {
		body, ok := strings.CutPrefix(s[i:], p.prefix)
		if !ok || len(body) < p.least {
			continue
		}
		start := i + len(p.prefix)
		end := bodyEnd(s, start, p.chars)
		for end > start && s[end-1] == '.' {
			end--
		}
		switch {
		case end-start < p.least:
			continue
		case p.chars == ofCapital && len(p.prefix) == 4 && end-start != p.least:
			continue // AWS ids have one length
		case end < len(s) && p.chars != ofWord && p.chars != ofDotted && isAlnum(s[end]):
			continue
		case !looksRandom(s[start:end]):
			return -end, ""
		}
		return end, p.label
	}
	return 0, ""
}

func bodyEnd(s string, i int, chars bodyChars) int {
	for i < len(s) && chars.has(s[i]) {
		i++
	}
	return i
}

// looksRandom tells a token from words: it has digits, or letters of both cases.
func looksRandom(s string) bool {
	var digit, lower, upper bool
	for i := range len(s) {
		digit = digit || isDigit(s[i])
		lower = lower || 'a' <= s[i] && s[i] <= 'z'
		upper = upper || 'A' <= s[i] && s[i] <= 'Z'
	}
	return digit || lower && upper
}

// jwtEnd returns the end of the JSON Web Token at i, or -n if what looked like one ends at n. Its
// header must decode to a JSON object; a token that was cut off within its payload is one.
func jwtEnd(s string, i int) int {
	dot := bodyEnd(s, i, ofWord)
	header, err := base64.RawURLEncoding.DecodeString(s[i:dot])
	if err != nil || !json.Valid(header) || dot >= len(s) || s[dot] != '.' {
		return -dot
	}
	end := bodyEnd(s, dot, ofDotted)
	for end > dot && s[end-1] == '.' {
		end--
	}
	if end-dot < 8 {
		return -dot
	}
	return end
}

// cards masks card numbers: 13 to 19 digits, in one piece or in groups with a space or a dash
// between them, whose issuer and check digit fit, and that are no part of something longer.
func (r *redactor) cards(s string) string {
	e := editor{s: s}
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && (isDigit(s[i]) || (s[i] == ' ' || s[i] == '-') && i+1 < len(s) && isDigit(s[i+1])) {
			i++
		}
		if i-start < 13 || isInside(s, start, i) {
			continue
		}
		if from, to, digits := findCard(s[start:i]); to > 0 {
			e.replace(start+from, start+to, r.mask("card:"+digits[len(digits)-4:]))
			i = start + to
		}
	}
	return e.String()
}

// isInside reports whether the digits s[i:j] are part of an id, a path, or a number with decimals.
func isInside(s string, i, j int) bool {
	letter := func(n int) bool {
		return n >= 0 && n < len(s) && (isAlnum(s[n]) || s[n] == '_' || s[n] >= utf8.RuneSelf)
	}
	if letter(i-1) || letter(j) {
		return true
	}
	if i > 0 && (s[i-1] == '/' || (s[i-1] == '-' || s[i-1] == '.') && letter(i-2)) {
		return true
	}
	return j+1 < len(s) && (s[j] == '-' || s[j] == '.') && letter(j+1)
}

// findCard looks for a card number in a run of groups of digits: the whole run, or groups of it
// as they are printed on cards.
func findCard(run string) (from, to int, digits string) {
	groups := strings.FieldsFunc(run, func(c rune) bool { return c == ' ' || c == '-' })
	if all := strings.Join(groups, ""); len(all) <= 19 && isCard(all) {
		return 0, len(run), all
	}
	for i := range groups {
		width := 0
		for j := i; j < len(groups) && j < i+5; j++ {
			width += len(groups[j])
			printed := j == i || len(groups[i]) == 4 && len(groups[j]) <= 6 && j-i >= 2
			if width < 13 || width > 19 || !printed {
				continue
			}
			if all := strings.Join(groups[i:j+1], ""); isCard(all) {
				return from, from + width + j - i, all
			}
		}
		from += len(groups[i]) + 1
	}
	return 0, 0, ""
}

// isCard checks the length, the issuer's range and the check digit (ISO/IEC 7812-1).
func isCard(digits string) bool {
	n := len(digits)
	if n < 13 || n > 19 {
		return false
	}
	sum := 0
	for i := range n {
		d := int(digits[n-1-i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	if sum%10 != 0 {
		return false
	}
	head := 0
	for i := range 6 {
		head = head*10 + int(digits[i]-'0')
	}
	in := func(from, to int) bool { return from <= head && head <= to }
	switch {
	case in(400000, 499999): // Visa
		return n == 13 || n == 16 || n == 19
	case in(510000, 559999), in(222100, 272099): // Mastercard
		return n == 16
	case in(340000, 349999), in(370000, 379999): // American Express
		return n == 15
	case in(300000, 305999), in(360000, 369999), in(380000, 399999): // Diners Club
		return n == 14 || n == 16
	case in(352800, 358999), in(601100, 601199), in(644000, 659999), in(620000, 629999): // JCB, Discover, UnionPay
		return n >= 16
	case in(501800, 501899), in(502000, 502099), in(503800, 503899), in(589300, 589399), in(630400, 630499),
		in(675900, 675999), in(676100, 676399), in(220000, 220499), in(506000, 506199), in(650000, 653999): // Maestro, Mir, Verve
		return n >= 16
	}
	return false
}
