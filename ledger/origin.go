package ledger

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// NewDeployment returns a deployment name that nobody else has, for a log whose owner chose none.
// The domain is reserved for private use.
func NewDeployment() string {
	var b [8]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return "daybook.internal/" + hex.EncodeToString(b[:])
}

// CheckDeployment says what is wrong with a deployment name. It is the origin of the deployment's
// logs (https://c2sp.org/tlog-checkpoint): a URL without its scheme, such as audit.example.com.
func CheckDeployment(name string) error {
	if name == "" || len(name) > 255 {
		return fmt.Errorf("the deployment name %.60q has %d characters, but must have 1 to 255", name, len(name))
	}
	for i := range len(name) {
		if c := name[i]; !unreserved(c) && c != '/' && c != ':' {
			return fmt.Errorf("the deployment name %q has the character %q: use letters, digits and - . _ ~ / as in audit.example.com", name, c)
		}
	}
	if strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.Contains(name, "/o/") {
		return fmt.Errorf("the deployment name %q begins or ends with a slash, or contains /o/", name)
	}
	return nil
}

// Origin returns the name of an organization's log. The first epoch is 1; a later one begins where
// the log could not be continued after a loss.
func Origin(deployment, organization string, epoch int) string {
	var b strings.Builder
	b.Grow(len(deployment) + len("/o/") + len(organization) + 4)
	b.WriteString(deployment)
	b.WriteString("/o/")
	for i := range len(organization) {
		if c := organization[i]; unreserved(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if epoch > 1 {
		b.WriteByte('/')
		b.WriteString(strconv.Itoa(epoch))
	}
	return b.String()
}

// ParseOrigin returns what an origin is made of. It accepts only what Origin makes.
func ParseOrigin(origin string) (deployment, organization string, epoch int, err error) {
	wrong := fmt.Errorf("%.200q is not the origin of an organization's log, such as audit.example.com/o/acme", origin)
	deployment, rest, ok := strings.Cut(origin, "/o/")
	if !ok || CheckDeployment(deployment) != nil {
		return "", "", 0, wrong
	}
	escaped, suffix, later := strings.Cut(rest, "/")
	epoch = 1
	if later {
		if epoch, err = strconv.Atoi(suffix); err != nil {
			return "", "", 0, wrong
		}
	}
	b := make([]byte, 0, len(escaped))
	for i := 0; i < len(escaped); i++ {
		if escaped[i] != '%' {
			b = append(b, escaped[i])
			continue
		}
		if len(escaped) < i+3 {
			return "", "", 0, wrong
		}
		c, err := strconv.ParseUint(escaped[i+1:i+3], 16, 8)
		if err != nil {
			return "", "", 0, wrong
		}
		b = append(b, byte(c))
		i += 2
	}
	if organization = string(b); organization == "" || Origin(deployment, organization, epoch) != origin {
		return "", "", 0, wrong
	}
	return deployment, organization, epoch, nil
}

// unreserved reports whether c stands for itself in an origin (RFC 3986, section 2.3).
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
