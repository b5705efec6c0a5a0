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
		"size", "score", "rotated", "updated", "used", "error", "rule", "prevention":
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
