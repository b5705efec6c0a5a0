package access_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/daybookdev/daybook/access"
)

// An application that is its own issuer signs a token when somebody signs in, and verifies it with
// every request.
func Example() {
	secret := make([]byte, 32)
	rand.Read(secret)
	issuer := access.Issuer{
		Issuer:    "https://app.example.com",
		Audience:  "https://app.example.com",
		Algorithm: "HS256",
		Secret:    secret,
	}
	signer, err := access.NewSigner(issuer, nil)
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := access.NewVerifier(issuer)
	if err != nil {
		log.Fatal(err)
	}

	token, err := signer.Sign(access.Claims{
		Subject:      "user-7",
		Organization: "acme",
		ExpiresAt:    time.Now().Add(15 * time.Minute),
	})
	if err != nil {
		log.Fatal(err)
	}

	claims, err := verifier.Verify(token)
	fmt.Println(claims.Subject, claims.Organization, err)

	_, err = verifier.Verify(token + "A")
	fmt.Println(errors.Is(err, access.ErrUnauthenticated))
	// Output:
	// user-7 acme <nil>
	// true
}
