package workspace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// A Mail is one message to one person.
type Mail struct {
	To      string
	Subject string
	Body    string
}

// A Mailer sends mail. An error means that it was not sent.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// A MailError says why a message was not sent. Its name is what the entry has as error_type.
type MailError struct{ Reason string }

func (e *MailError) Error() string { return e.Reason }

// A FileMailer writes each message into a file of its own, ending in .eml, instead of sending it.
// Addresses whose domain ends in ".invalid", which no domain ever does (RFC 6761, section 6.4),
// it refuses as a mail server would.
type FileMailer struct{ dir string }

// NewFileMailer makes the directory when it is not there.
func NewFileMailer(dir string) (*FileMailer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the mail directory: %w", err)
	}
	return &FileMailer{dir}, nil
}

// Send writes the message in the format of RFC 5322.
func (f *FileMailer) Send(_ context.Context, m Mail) error {
	if strings.HasSuffix(m.To, ".invalid") {
		return &MailError{"the recipient's domain does not exist"}
	}
	id := daybook.NewID().String()
	var b bytes.Buffer
	// No header can be smuggled in: an address is quoted, a subject encoded.
	fmt.Fprintf(&b, "Message-ID: <%s@workspace.example>\r\n", id)
	fmt.Fprintf(&b, "Date: %s\r\n", time.Now().Format(time.RFC1123Z))
	fmt.Fprintf(&b, "From: %s\r\n", (&mail.Address{Name: "Workspace", Address: "no-reply@workspace.example"}).String())
	fmt.Fprintf(&b, "To: %s\r\n", (&mail.Address{Address: m.To}).String())
	fmt.Fprintf(&b, "Subject: %s\r\n", mime.QEncoding.Encode("utf-8", m.Subject))
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	body := quotedprintable.NewWriter(&b)
	_, err := body.Write([]byte(m.Body))
	if err := errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, id+".eml"), b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return nil
}
