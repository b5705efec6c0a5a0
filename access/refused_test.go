package access_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/daybookdev/daybook/access"
)

// refusals are all the things that make a valid token of any algorithm a wrong one, by what is
// wrong, and the reason that must be given: a token that is refused for another reason would not
// show that this check is made.
var refusals = []struct {
	name   string
	why    string
	change func(*forged)
}{
	// Form.
	{"an empty token", "three parts", alter(func(string) string { return "" })},
	{"two parts", "three parts", alter(func(s string) string { return s[:strings.LastIndex(s, ".")] })},
	{"four parts", "three parts", alter(func(s string) string { return s + ".AAAA" })},
	{"five parts, as an encrypted token has", "three parts", alter(func(s string) string { return s + ".AAAA.AAAA" })},
	{"a dot too many", "three parts", alter(func(s string) string { return s + "." })},
	{"no header", "part 1", part(0, func(string) string { return "" })},
	{"no payload", "part 2", part(1, func(string) string { return "" })},
	{"no signature", "part 3", part(2, func(string) string { return "" })},
	{"more than 8 KiB", "longer than 8192", addClaim(`"pad":"` + strings.Repeat("x", 8<<10) + `"`)},
	{"more than 8 KiB of signature", "longer than 8192", part(2, func(s string) string { return s + strings.Repeat("A", 8<<10) })},
	{"a space before", "part 1", alter(func(s string) string { return " " + s })},
	{"a space behind", "part 3", alter(func(s string) string { return s + " " })},
	{"a line break behind", "part 3", alter(func(s string) string { return s + "\n" })},
	{"a carriage return within", "part 2", part(1, func(s string) string { return s[:4] + "\r" + s[4:] })},
	{"a line break in the signature", "part 3", part(2, func(s string) string { return s[:4] + "\n" + s[4:] })},
	{"a byte 0 behind", "part 3", alter(func(s string) string { return s + "\x00" })},
	{"letters that look like others", "part 1", part(0, func(s string) string { return "е" + s[1:] })},
	{"padding of the header", "part 1", part(0, func(s string) string { return s + "=" })},
	{"padding of the payload", "part 2", part(1, func(s string) string { return s + "==" })},
	{"padding of the signature", "part 3", part(2, func(s string) string { return s + "=" })},
	{"standard base64", "part 2", func(f *forged) {
		f.claims = replace(f.claims, `"token-1"`, `"token?????>>>>>"`)
		f.alter = func(s string) string { return strings.NewReplacer("-", "+", "_", "/").Replace(s) }
	}},
	{"stray bits behind the header", "part 1", func(f *forged) {
		f.header = evenTail(f.header)
		part(0, strayBit)(f)
	}},
	{"stray bits behind the payload", "part 2", func(f *forged) {
		f.claims = evenTail(f.claims)
		part(1, strayBit)(f)
	}},
	{"a part of one letter", "part 3", part(2, func(string) string { return "A" })},
	{"a serialization in JSON", "three parts", alter(func(s string) string {
		p := strings.Split(s, ".")
		return fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, p[0], p[1], p[2])
	})},
	{"a JSON serialization with two dots", "part 1", alter(func(s string) string {
		p := strings.Split(s, ".")
		return fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q,"x":".."}`, p[0], p[1], p[2])
	})},
	{"its scheme", "part 1", alter(func(s string) string { return "Bearer " + s })},
	{"quotes", "part 1", alter(func(s string) string { return `"` + s + `"` })},
	{"two tokens", "three parts", alter(func(s string) string { return s + "," + s })},

	// Header.
	{"a header that is not JSON", "header is not JSON", header(`{`, ``)},
	{"a header that is a list", "not a JSON object", func(f *forged) { f.header = `[` + f.header + `]` }},
	{"a header that is null", "not a JSON object", func(f *forged) { f.header = `null` }},
	{"something behind the header", "header is not JSON", func(f *forged) { f.header += `{}` }},
	{"a byte order mark", "header is not JSON", func(f *forged) { f.header = "\ufeff" + f.header }},
	{"a header that is not UTF-8", "not UTF-8", addHeader("\"x\":\"\xff\"")},
	{"alg none", "alg is not", func(f *forged) { f.setAlg("none") }},
	{"alg none in another case", "alg is not", func(f *forged) { f.setAlg("nOnE") }},
	{"alg none without a signature", "part 3", func(f *forged) {
		f.setAlg("none")
		part(2, func(string) string { return "" })(f)
	}},
	{"alg missing", "alg is not", func(f *forged) { f.header = `{"typ":"JWT","kid":"k1"}` }},
	{"alg empty", "has alg, but", func(f *forged) { f.setAlg("") }},
	{"alg null", "has alg, but", func(f *forged) { f.header = `{"alg":null,"typ":"JWT","kid":"k1"}` }},
	{"alg a list", "has alg, but", func(f *forged) { f.header = `{"alg":["` + f.name + `"],"typ":"JWT","kid":"k1"}` }},
	{"alg a number", "has alg, but", func(f *forged) { f.header = `{"alg":256,"typ":"JWT","kid":"k1"}` }},
	{"alg in lower case", "alg is not", func(f *forged) { f.setAlg(strings.ToLower(f.name)) }},
	{"alg with a space", "has alg, but", func(f *forged) { f.setAlg(f.name + " ") }},
	{"alg HS384", "alg is not", func(f *forged) { f.setAlg("HS384") }},
	{"alg RS512", "alg is not", func(f *forged) { f.setAlg("RS512") }},
	{"alg ES384", "alg is not", func(f *forged) { f.setAlg("ES384") }},
	{"alg twice", "two members", func(f *forged) { f.header = replace(f.header, `{`, `{"alg":"none",`) }},
	{"typ twice, the same", "two members", addHeader(`"typ":"JWT"`)},
	{"alg twice, once escaped", "two members", func(f *forged) { addHeader(`"\u0061lg":"none"`)(f) }},
	{"alg in two spellings", "spells alg", addHeader(`"ALG":"none"`)},
	{"kid in two spellings", "spells kid", addHeader(`"Kid":"k2"`)},
	{"crit of an unknown extension", "has crit", addHeader(`"crit":["exp"],"exp":1`)},
	{"crit of b64", "has crit", addHeader(`"crit":["b64"]`)},
	{"crit empty", "has crit", addHeader(`"crit":[]`)},
	{"crit null", "has crit", addHeader(`"crit":null`)},
	{"crit in upper case", "has crit", addHeader(`"CRIT":["x"]`)},
	{"b64 false", "has b64", addHeader(`"b64":false`)},
	{"b64 true", "has b64", addHeader(`"b64":true`)},
	{"a key in jwk", "has jwk", addHeader(`"jwk":{"kty":"oct","k":"AAAA"}`)},
	{"a key at jku", "has jku", addHeader(`"jku":"https://id.example/keys"`)},
	{"a certificate at x5u", "has x5u", addHeader(`"x5u":"https://id.example/cert"`)},
	{"a certificate in x5c", "has x5c", addHeader(`"x5c":["AAAA"]`)},
	{"a nested token", "has cty", addHeader(`"cty":"JWT"`)},
	{"an encrypted token's header", "has enc", addHeader(`"enc":"A256GCM"`)},
	{"a compressed payload", "has zip", addHeader(`"zip":"DEF"`)},
	{"the typ of a logout token", "typ is not JWT", header(`"JWT"`, `"logout+jwt"`)},
	{"the typ of an access token, not configured", "typ is not JWT", header(`"JWT"`, `"at+jwt"`)},
	{"the typ of an encrypted token", "typ is not JWT", header(`"JWT"`, `"JWE"`)},
	{"the typ of any application", "typ is not JWT", header(`"JWT"`, `"application/"`)},
	{"typ empty", "has typ, but", header(`"JWT"`, `""`)},
	{"typ null", "has typ, but", header(`"JWT"`, `null`)},
	{"typ a list", "has typ, but", header(`"JWT"`, `["JWT"]`)},
	{"kid empty", "has kid, but", header(`"k1"`, `""`)},
	{"kid missing", "iss and kid", func(f *forged) { f.header = `{"alg":"` + f.name + `","typ":"JWT"}` }},
	{"kid null", "has kid, but", header(`"k1"`, `null`)},
	{"kid a number", "has kid, but", header(`"k1"`, `1`)},
	{"kid unknown", "iss and kid", header(`"k1"`, `"k2"`)},
	{"kid in upper case", "iss and kid", header(`"k1"`, `"K1"`)},
	{"kid a path", "iss and kid", header(`"k1"`, `"../../dev/null"`)},
	{"kid with a byte 0", "escapes what", header(`"k1"`, `"k1\u0000"`)},

	// Signature.
	{"another key", "signature is wrong", func(f *forged) { f.sign = f.otherSign }},
	{"a signature of zeros", "signature is wrong", func(f *forged) {
		n := len(f.sign("x"))
		f.sign = func(string) []byte { return make([]byte, n) }
	}},
	{"a signature of random bytes", "signature is wrong", func(f *forged) {
		n := len(f.sign("x"))
		f.sign = func(string) []byte {
			b := make([]byte, n)
			rand.Read(b)
			return b
		}
	}},
	{"the first half of the signature", "signature is wrong", func(f *forged) {
		sign := f.sign
		f.sign = func(input string) []byte { b := sign(input); return b[:len(b)/2] }
	}},
	{"a byte behind the signature", "signature is wrong", func(f *forged) {
		sign := f.sign
		f.sign = func(input string) []byte { return append(sign(input), 0) }
	}},
	{"the signature of other claims", "signature is wrong", func(f *forged) {
		signature := f.sign(encode(f.header) + "." + encode(f.claims))
		f.sign = func(string) []byte { return signature }
		claim(`"user-7"`, `"user-8"`)(f)
	}},
	{"the signature of another header", "signature is wrong", func(f *forged) {
		signature := f.sign(encode(f.header) + "." + encode(f.claims))
		f.sign = func(string) []byte { return signature }
		header(`,"typ":"JWT"`, ``)(f)
	}},
	{"the signature of the payload alone", "signature is wrong", func(f *forged) {
		sign := f.sign
		f.sign = func(input string) []byte { return sign(input[strings.Index(input, ".")+1:]) }
	}},
	{"the signature of the decoded payload", "signature is wrong", func(f *forged) {
		sign := f.sign
		f.sign = func(string) []byte { return sign(encode(f.header) + "." + f.claims) }
	}},
	{"an HMAC with an empty secret", "signature is wrong", func(f *forged) { f.sign = hmacWith("") }},
	{"an HMAC with the key id", "signature is wrong", func(f *forged) { f.sign = hmacWith("k1") }},

	// Payload.
	{"a payload that is not JSON", "payload is not JSON", func(f *forged) { f.claims = "sub=user-7" }},
	{"a payload that is a list", "not a JSON object", func(f *forged) { f.claims = `[` + f.claims + `]` }},
	{"a payload that is a string", "not a JSON object", func(f *forged) { f.claims = `"user-7"` }},
	{"a token in the token", "payload is not JSON", func(f *forged) { f.claims = valid(f.algorithm).String() }},
	{"something behind the payload", "payload is not JSON", func(f *forged) { f.claims += `,` }},
	{"a second payload", "payload is not JSON", func(f *forged) { f.claims += f.claims }},
	{"a byte 0 behind the payload", "payload is not JSON", func(f *forged) { f.claims += "\x00" }},
	{"a comment", "payload is not JSON", func(f *forged) { f.claims += "// no" }},
	{"NaN", "payload is not JSON", claim(`946688400`, `NaN`)},
	{"a hexadecimal number", "payload is not JSON", claim(`946688400`, `0x386e5bd0`)},
	{"a zero before a number", "payload is not JSON", claim(`946688400`, `0946688400`)},
	{"a payload that is not UTF-8", "not UTF-8", claim(`"user-7"`, "\"user-7\xc0\xaf\"")},
	{"half a surrogate pair, the first", "escapes what", claim(`"user-7"`, `"user-7\ud800"`)},
	{"half a surrogate pair, the second", "escapes what", claim(`"user-7"`, `"user-7\udc00"`)},
	{"a surrogate pair in the wrong order", "escapes what", claim(`"user-7"`, `"\udc00\ud800"`)},
	{"half a surrogate pair before another escape", "escapes what", claim(`"user-7"`, `"\ud800\n0000000"`)},
	{"half a surrogate pair before another character", "escapes what", claim(`"user-7"`, `"\ud800\u0041"`)},
	{"half a surrogate pair before a character behind the surrogates", "escapes what", claim(`"user-7"`, `"\ud800\ue000"`)},
	{"the first half of a surrogate pair twice", "escapes what", claim(`"user-7"`, `"\ud800\ud800"`)},
	{"half a surrogate pair in a name", "escapes what", addClaim(`"\ud83dx":1`)},
	{"a byte 0 in a claim", "escapes what", claim(`"acme"`, `"acme\u0000"`)},
	{"33 levels", "deeper than 32", addClaim(`"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32))},
	{"duplicates in a claim", "two members", addClaim(`"x":{"a":[{"b":1,"b":2}]}`)},
	{"sub twice", "two members", addClaim(`"sub":"user-8"`)},
	{"sub twice, once escaped", "two members", addClaim(`"\u0073ub":"user-8"`)},
	{"sub twice, the same", "two members", addClaim(`"sub":"user-7"`)},
	{"exp twice", "two members", addClaim(`"exp":946688401`)},
	{"org_id twice", "two members", addClaim(`"org_id":"globex"`)},
	{"sub in two spellings", "spells sub", addClaim(`"Sub":"user-8"`)},
	{"sub in two spellings, one with a long s", "spells sub", addClaim(`"ſub":"user-8"`)},
	{"iss in two spellings", "spells iss", addClaim(`"ISS":"https://other.example"`)},
	{"org_id in two spellings", "spells org_id", addClaim(`"Org_ID":"globex"`)},
	{"exp in upper case alone", "spells exp", claim(`"exp"`, `"EXP"`)},

	// Issuer and audience.
	{"iss missing", "iss is missing", claim(`"iss":"https://id.example",`, ``)},
	{"iss null", "iss is missing", claim(`"https://id.example"`, `null`)},
	{"iss a list", "iss is missing", claim(`"https://id.example"`, `["https://id.example"]`)},
	{"iss empty", "iss and kid", claim(`"https://id.example"`, `""`)},
	{"iss unknown", "iss and kid", claim(`"https://id.example"`, `"https://evil.example"`)},
	{"iss with a slash behind", "iss and kid", claim(`"https://id.example"`, `"https://id.example/"`)},
	{"iss in upper case", "iss and kid", claim(`"https://id.example"`, `"HTTPS://ID.EXAMPLE"`)},
	{"iss with a space behind", "iss and kid", claim(`"https://id.example"`, `"https://id.example "`)},
	{"iss that begins like ours", "iss and kid", claim(`"https://id.example"`, `"https://id.example.evil.example"`)},
	{"iss of another issuer, signed with our key", "signature is wrong", claim(`"https://id.example"`, `"https://other.example"`)},
	{"our iss, signed with the other issuer's key of the same id", "signature is wrong", func(f *forged) { f.sign = f.otherSign }},
	{"aud missing", "aud is missing", claim(`"aud":"daybook",`, ``)},
	{"aud null", "aud is missing", claim(`"daybook"`, `null`)},
	{"aud a number", "aud is missing", claim(`"daybook"`, `7`)},
	{"aud an object", "aud is missing", claim(`"daybook"`, `{"daybook":true}`)},
	{"aud another", "aud does not", claim(`"daybook"`, `"payroll"`)},
	{"aud empty", "aud does not", claim(`"daybook"`, `""`)},
	{"aud an empty list", "aud does not", claim(`"daybook"`, `[]`)},
	{"aud a list of others", "aud does not", claim(`"daybook"`, `["payroll","Daybook","daybook "]`)},
	{"aud a list with more than strings", "aud holds", claim(`"daybook"`, `["daybook",7]`)},
	{"aud a list of lists", "aud holds", claim(`"daybook"`, `[["daybook"]]`)},
	{"aud in upper case", "aud does not", claim(`"daybook"`, `"DAYBOOK"`)},
	{"aud that begins like ours", "aud does not", claim(`"daybook"`, `"daybook2"`)},
	{"aud a list as text", "aud does not", claim(`"daybook"`, `"daybook,payroll"`)},

	// Subject and token id.
	{"sub missing", "sub is", claim(`"sub":"user-7",`, ``)},
	{"sub null", "sub is", claim(`"user-7"`, `null`)},
	{"sub empty", "sub is", claim(`"user-7"`, `""`)},
	{"sub of spaces", "sub is", claim(`"user-7"`, `"  "`)},
	{"sub with a space behind", "sub is", claim(`"user-7"`, `"user-7 "`)},
	{"sub with a line break", "sub is", claim(`"user-7"`, `"user-7\nuser-8"`)},
	{"sub with an escape character", "sub is", claim(`"user-7"`, `"\u001b[2Juser-7"`)},
	{"sub a number", "sub is", claim(`"user-7"`, `7`)},
	{"sub a list", "sub is", claim(`"user-7"`, `["user-7"]`)},
	{"sub an object", "sub is", claim(`"user-7"`, `{"id":"user-7"}`)},
	{"sub true", "sub is", claim(`"user-7"`, `true`)},
	{"jti null", "jti is", claim(`"token-1"`, `null`)},
	{"jti empty", "jti is", claim(`"token-1"`, `""`)},
	{"jti a number", "jti is", claim(`"token-1"`, `1`)},

	// Organization.
	{"org_id missing", "no organization", claim(`"org_id":"acme",`, ``)},
	{"org_id null", "no organization", claim(`"acme"`, `null`)},
	{"org_id empty", "no organization", claim(`"acme"`, `""`)},
	{"org_id of spaces", "no organization", claim(`"acme"`, `" "`)},
	{"org_id with a space before", "no organization", claim(`"acme"`, `" acme"`)},
	{"org_id with a no-break space behind", "no organization", claim(`"acme"`, "\"acme\u00a0\"")},
	{"org_id a list", "no organization", claim(`"acme"`, `["acme","globex"]`)},
	{"org_id a list of one", "no organization", claim(`"acme"`, `["acme"]`)},
	{"org_id an object", "no organization", claim(`"acme"`, `{"id":"acme"}`)},
	{"org_id a number", "no organization", claim(`"acme"`, `1`)},
	{"org_id false", "no organization", claim(`"acme"`, `false`)},
	{"the organization in another claim", "no organization", claim(`"org_id"`, `"organization"`)},

	// Times.
	{"exp missing", "exp is missing", claim(`"exp":946688400,`, ``)},
	{"exp null", "exp is not a whole", claim(`946688400`, `null`)},
	{"exp a string", "exp is not a whole", claim(`946688400`, `"946688400"`)},
	{"exp a date", "exp is not a whole", claim(`946688400`, `"2000-01-01T01:00:00Z"`)},
	{"exp true", "exp is not a whole", claim(`946688400`, `true`)},
	{"exp a list", "exp is not a whole", claim(`946688400`, `[946688400]`)},
	{"exp a fraction", "exp is not a whole", claim(`946688400`, `946688400.5`)},
	{"exp with a point and no fraction", "exp is not a whole", claim(`946688400`, `946688400.0`)},
	{"exp with an exponent", "exp is not a whole", claim(`946688400`, `9.466884e8`)},
	{"exp infinite", "exp is not a whole", claim(`946688400`, `1e400`)},
	{"exp negative", "exp is not a whole", claim(`946688400`, `-946688400`)},
	{"exp minus zero", "exp is not a whole", claim(`946688400`, `-0`)},
	{"exp of 2^63", "exp is not a whole", claim(`946688400`, `9223372036854775808`)},
	{"exp that is now again as 64 bits", "exp is not a whole", claim(`946688400`, `18446744074656240016`)},
	{"exp of 2^63-1", "exp is not a whole", claim(`946688400`, `9223372036854775807`)},
	{"exp in the year 10000", "exp is not a whole", claim(`946688400`, `253402300800`)},
	{"exp in milliseconds", "exp is not a whole", claim(`946688400`, `946688400000`)},
	{"exp in 9999", "exp is more than", claim(`946688400`, `253402300799`)},
	{"exp in 25 hours", "exp is more than", claim(`946688400`, `946774800`)},
	{"exp an hour ago", "exp passed 1h0m0s ago", claim(`946688400`, `946681200`)},
	{"exp 0", "exp passed", claim(`946688400`, `0`)},
	{"nbf in an hour", "nbf is 1h0m0s ahead", claim(`"nbf":946684740`, `"nbf":946688400`)},
	{"nbf in 9999", "nbf is", claim(`"nbf":946684740`, `"nbf":253402300799`)},
	{"nbf a string", "nbf is not a whole", claim(`"nbf":946684740`, `"nbf":"946684740"`)},
	{"nbf null", "nbf is not a whole", claim(`"nbf":946684740`, `"nbf":null`)},
	{"nbf of 2^64", "nbf is not a whole", claim(`"nbf":946684740`, `"nbf":18446744073709551616`)},
	{"iat in an hour", "iat is 1h0m0s ahead", claim(`"iat":946684740`, `"iat":946688400`)},
	{"iat a fraction", "iat is not a whole", claim(`"iat":946684740`, `"iat":946684740.25`)},
	{"iat a string", "iat is not a whole", claim(`"iat":946684740`, `"iat":""`)},
	{"iat negative", "iat is not a whole", claim(`"iat":946684740`, `"iat":-1`)},
}

func TestEveryMutationOfAValidTokenIsRefused(t *testing.T) {
	names := map[string]bool{}
	for _, a := range algorithms() {
		v := a.verifier(t, nil)
		at2000(t, a.name+"/the valid token passes", func(t *testing.T) {
			if _, err := v.Verify(valid(a).String()); err != nil {
				t.Fatal(err)
			}
		})
		for _, c := range refusals {
			names[c.name] = true
			at2000(t, a.name+"/"+c.name, func(t *testing.T) {
				f := valid(a)
				c.change(f)
				wantRefused(t, v, f.String(), c.why)
			})
		}
	}
	if len(names) != len(refusals) {
		t.Errorf("%d cases have %d names", len(refusals), len(names))
	}
	t.Logf("%d cases, %d tokens", len(refusals), len(refusals)*len(algorithms()))
}

// The public key of an issuer is known to everybody: it must not do as the secret of an HMAC (RFC
// 8725, section 2.1), in whatever form.
func TestPublicKeyIsNoSecret(t *testing.T) {
	for _, a := range algorithms() {
		if a.public == nil {
			continue
		}
		der, err := x509.MarshalPKIXPublicKey(a.public)
		if err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		for name, secret := range map[string][]byte{
			"DER": der, "PEM": text, "PEM without its last line break": text[:len(text)-1],
			"base64 of DER": []byte(base64.StdEncoding.EncodeToString(der)),
			"the raw key":   der[len(der)-32:],
		} {
			for _, alg := range []string{"HS256", a.name} {
				at2000(t, a.name+"/"+name+" as the secret of "+alg, func(t *testing.T) {
					f := valid(a)
					f.setAlg(alg)
					f.sign = hmacWith(string(secret))
					why := "signature is wrong"
					if alg != a.name {
						why = "alg is not " + a.name
					}
					wantRefused(t, a.verifier(t, nil), f.String(), why)
				})
			}
		}
	}
}

// Each algorithm is accepted from its own issuer alone, even when the key would fit: RS256 and
// PS256 have keys of the same kind.
func TestAlgorithmIsThatOfTheConfiguration(t *testing.T) {
	for _, configured := range algorithms() {
		v := configured.verifier(t, nil)
		for _, used := range algorithms() {
			if used.name == configured.name {
				continue
			}
			at2000(t, used.name+" where "+configured.name+" is configured", func(t *testing.T) {
				wantRefused(t, v, valid(used).String(), "alg is not "+configured.name)
				f := valid(used)
				f.setAlg(configured.name)
				wantRefused(t, v, f.String(), "signature is wrong")
			})
		}
	}
}

func TestNoCharacterOfATokenCanBeChanged(t *testing.T) {
	for _, a := range algorithms() {
		v := a.verifier(t, nil)
		at2000(t, a.name, func(t *testing.T) {
			token := valid(a).String()
			for i := range len(token) {
				for _, c := range []byte("A_.") {
					if token[i] == c {
						continue
					}
					changed := token[:i] + string(c) + token[i+1:]
					if _, err := v.Verify(changed); err == nil {
						t.Errorf("accepted with %q at %d instead of %q", c, i, token[i])
					}
				}
				if _, err := v.Verify(token[:i]); err == nil {
					t.Errorf("the first %d bytes are accepted", i)
				}
			}
		})
	}
}

func TestNoOrganizationIsToldApart(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*forged)
		want   bool
	}{
		"an organization missing in a token that is right otherwise": {claim(`"org_id":"acme",`, ``), true},
		"an organization missing in a token that has passed": {func(f *forged) {
			claim(`"org_id":"acme",`, ``)(f)
			claim(`946688400`, `946681200`)(f)
		}, false},
		"an organization missing in a forged token": {func(f *forged) {
			claim(`"org_id":"acme",`, ``)(f)
			f.sign = f.otherSign
		}, false},
		"a user missing": {claim(`"sub":"user-7",`, ``), false},
	} {
		at2000(t, name, func(t *testing.T) {
			f := valid(hs256())
			c.change(f)
			_, err := f.verifier(t, nil).Verify(f.String())
			if got := errors.Is(err, access.ErrNoOrganization); got != c.want || !errors.Is(err, access.ErrUnauthenticated) {
				t.Errorf("ErrNoOrganization is %t, want %t: %v", got, c.want, err)
			}
		})
	}
}

func TestZeroVerifierRefusesEveryToken(t *testing.T) {
	at2000(t, "the valid token", func(t *testing.T) {
		wantRefused(t, new(access.Verifier), valid(hs256()).String(), "iss and kid")
	})
}

// wantRefused checks that the token is refused for the reason why, and that the error, which goes
// into logs, holds nothing of it.
func wantRefused(t *testing.T, v *access.Verifier, token, why string) {
	t.Helper()
	c, err := v.Verify(token)
	if !errors.Is(err, access.ErrUnauthenticated) {
		t.Fatalf("the error is %v, want ErrUnauthenticated", err)
	}
	if !strings.Contains(err.Error(), why) {
		t.Errorf("refused because of %q, want %q", err, why)
	}
	if c.Subject != "" || c.Organization != "" || c.All != nil {
		t.Errorf("refused, but with the claims %v", c)
	}
	for _, s := range append(strings.Split(token, "."), "user-7", "user-8", "acme", "globex", "token-1", "evil") {
		if len(s) > 3 && strings.Contains(err.Error(), s) {
			t.Errorf("the error %q holds %q of the token", err, s)
		}
	}
}

func (f *forged) setAlg(alg string) {
	f.header = replace(f.header, `"alg":"`+f.name+`"`, `"alg":"`+alg+`"`)
}

// evenTail makes JSON of such a length that its base64url ends in a letter with unused bits.
func evenTail(s string) string {
	for len(s)%3 == 0 {
		s += " "
	}
	return s
}

// strayBit sets the lowest of the unused bits.
func strayBit(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(s) - 1
	return s[:last] + string(alphabet[strings.IndexByte(alphabet, s[last])|1])
}
