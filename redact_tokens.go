package daybook

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

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
	{"daybook", ofWord, 40, "dbk_ dbs_ dbv_"},
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
		if was == 'e' && strings.HasPrefix(s[i:], "eyJ") {
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
		case p.chars != ofCapital && !looksRandom(s[start:end]):
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
