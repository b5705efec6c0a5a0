package access_test

import (
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
	"testing"

	"github.com/daybookdev/daybook/access"
)

// sum returns a credential's text with the checksum that belongs to it.
func sum(body string) string {
	return fmt.Sprintf("%s_%08x", body, crc32.ChecksumIEEE([]byte(body)))
}

// other returns a well-formed credential with the same id and another secret.
func other(text string) string {
	p := strings.Split(text, "_")
	first := "a"
	if p[2][0] == 'a' {
		first = "b"
	}
	return sum(p[0] + "_" + p[1] + "_" + first + p[2][1:])
}

// otherID returns a well-formed credential with another id and the same secret.
func otherID(text string) string {
	p := strings.Split(text, "_")
	first := "a"
	if p[1][0] == 'a' {
		first = "b"
	}
	return sum(p[0] + "_" + first + p[1][1:] + "_" + p[2])
}

// broken returns requests each of which differs from the one with the good credential.
func broken(good string) map[string]*http.Request {
	p := strings.Split(good, "_")
	prefix, id, secret, crc := p[0], p[1], p[2], p[3]
	requests := map[string]*http.Request{}
	text := func(name, text string) { requests[name] = bearer(text) }
	for i := range len(good) { // any one character
		c := byte('x')
		if good[i] == c {
			c = 'y'
		}
		text(fmt.Sprintf("another character %d", i), good[:i]+string(c)+good[i+1:])
		text(fmt.Sprintf("without character %d", i), good[:i]+good[i+1:])
		if i > 0 {
			text(fmt.Sprintf("cut after %d", i), good[:i])
		}
	}
	for i := range secret { // with a checksum that fits
		c := byte('a')
		if secret[i] == c {
			c = 'b'
		}
		text(fmt.Sprintf("another secret %d", i), sum(prefix+"_"+id+"_"+secret[:i]+string(c)+secret[i+1:]))
	}
	for i := range id {
		c := byte('a')
		if id[i] == c {
			c = 'b'
		}
		text(fmt.Sprintf("another id %d", i), sum(prefix+"_"+id[:i]+string(c)+id[i+1:]+"_"+secret))
	}
	for _, c := range "bcdefghijklmnop234567" { // bits to spare in the last character
		if last := secret[len(secret)-1]; rune(last) != c {
			text(fmt.Sprintf("stray bits %c", c), sum(prefix+"_"+id+"_"+secret[:len(secret)-1]+string(c)))
		}
	}
	for _, other := range []string{"dbk", "dbv", "dbs", "dbx", "DBK", "ghp", ""} {
		if other != prefix {
			text("prefix "+other, sum(other+"_"+id+"_"+secret))
		}
	}
	text("upper case", strings.ToUpper(good))
	text("upper case with its checksum", sum(strings.ToUpper(prefix+"_"+id+"_"+secret)))
	text("id in upper case", sum(prefix+"_"+strings.ToUpper(id)+"_"+secret))
	text("no secret", sum(prefix+"_"+id+"_"))
	text("zero secret", sum(prefix+"_"+id+"_"+strings.Repeat("a", len(secret))))
	text("no id", sum(prefix+"__"+secret))
	text("secret for id", sum(prefix+"_"+secret[:32]+"_"+secret))
	text("id twice", sum(prefix+"_"+id+"_"+id+"_"+secret))
	text("a longer secret", sum(prefix+"_"+id+"_"+secret+"a"))
	text("a shorter secret", sum(prefix+"_"+id+"_"+secret[:51]))
	text("padding", good+"=")
	text("twice", good+good)
	text("checksum in upper case", prefix+"_"+id+"_"+secret+"_"+strings.ToUpper(crc)+"A")
	text("no checksum", prefix+"_"+id+"_"+secret)
	text("checksum 0", prefix+"_"+id+"_"+secret+"_00000000")
	text("another alphabet", sum(prefix+"_"+id+"_"+strings.Repeat("1", len(secret))))
	text("a line break", good+"\n")
	text("a NUL", good+"\x00")
	text("a full-width character", "\uff44"+good[1:])
	text("only the prefix", prefix+"_")
	text("only underscores", strings.Repeat("_", len(good)))
	text("8 KiB", good+strings.Repeat("a", access.MaxToken))
	text("quoted", `"`+good+`"`)

	requests["no header"] = request()
	requests["an empty header"] = request("Authorization", "")
	requests["no scheme"] = request("Authorization", good)
	requests["Basic"] = request("Authorization", "Basic "+good)
	requests["Token"] = request("Authorization", "Token "+good)
	requests["twice in a header"] = request("Authorization", "Bearer "+good+", Bearer "+good)
	requests["two headers"] = request("Authorization", "Bearer "+good, "Authorization", "Bearer "+good)
	requests["another header"] = request("X-Api-Key", good)
	requests["a tab"] = request("Authorization", "Bearer\t"+good)
	requests["a cookie"] = cookie(good)
	requests["a cookie of another name"] = request("Cookie", "daybook="+good)
	inURL := request()
	inURL.URL.RawQuery = "access_token=" + good + "&token=" + good + "&key=" + good
	requests["in the URL"] = inURL
	form, _ := http.NewRequest("POST", "/v1/entries", strings.NewReader("access_token="+good))
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	requests["in the body"] = form
	return requests
}

func TestBrokenCredentialsAreRefused(t *testing.T) {
	o := newOffice(t)
	_, key := o.key(t, access.Read, access.Mint)
	_, token, err := o.CreateViewerToken(t.Context(), o.who(t, key), access.ViewerTokenRequest{Organization: organization(t, "acme")})
	if err != nil {
		t.Fatal(err)
	}
	for name, good := range map[string]string{"key": key, "viewer token": token} {
		t.Run(name, func(t *testing.T) {
			requests := broken(good)
			if len(requests) < 100 {
				t.Errorf("only %d broken requests", len(requests))
			}
			for what, r := range requests {
				o.refused(t, what, r)
			}
			o.good(t, "the good one", bearer(good))
		})
	}
	session := o.signIn(t, o.who(t, key))
	t.Run("session", func(t *testing.T) {
		n := 0
		for what, r := range broken(session) {
			if what == "a cookie" { // here it is the good one
				continue
			}
			o.refused(t, what+", in the header", r)
			text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			// What a cookie's syntax takes away is not part of its value.
			if ok && strings.Trim(text, "\"\n") != session {
				n++
				o.refused(t, what+", in the cookie", cookie(text))
			}
		}
		if n < 100 {
			t.Errorf("only %d broken cookies", n)
		}
		whole := access.SessionCookieName + "=" + session
		o.refused(t, "the session as a token", bearer(session))
		o.refused(t, "two of them", request("Cookie", whole+"; "+whole))
		o.refused(t, "with another credential that is wrong", request("Cookie", whole, "Authorization", "Bearer "+other(key)))
		o.good(t, "the good one", cookie(session))
		o.good(t, "the good one with a good key", request("Cookie", whole, "Authorization", "Bearer "+key))
	})
	refusedBy(t, access.NewAuthenticator(nil, nil), "a key without Credentials", bearer(key))
	refusedBy(t, new(access.Authenticator), "a session without Credentials", cookie(session))
	refusedBy(t, newOffice(t).auth, "a key of another deployment", bearer(key))
}
