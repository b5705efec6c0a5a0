package daybook

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
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
	if has.bytes&hasEquals != 0 || has.bytes&hasColon != 0 && strings.ContainsAny(t, "\"'{[") {
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
	return true
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
