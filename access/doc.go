// Package access tells who sends a request, and what that one may do.
//
// An [Authenticator] makes a [Principal] from a request. A Principal has [Permission]s and gives
// out [Organization]s: a handler that takes an Organization cannot be reached by whoever has no
// right to it.
//
// [Credentials] makes, checks and revokes API keys, viewer tokens and sessions; docs/access.md says
// what each is for.
//
// A [Verifier] checks JSON Web Tokens (RFC 7519), signed in the compact form of RFC 7515, and
// returns their [Claims]: the user, and the organization that the user acts in. An application
// hands it to daybookhttp.Bearer, so that every entry names a user that somebody vouched for:
//
//	verifier, err := access.NewVerifier(access.Issuer{
//		Issuer:    "https://id.example.com",
//		Audience:  "https://app.example.com",
//		Algorithm: "ES256",
//		PublicKey: key,
//	})
//	identify := daybookhttp.Bearer(func(token string) (daybook.Scope, error) {
//		claims, err := verifier.Verify(token)
//		return daybook.Scope{UserID: claims.Subject, OrganizationID: claims.Organization}, err
//	})
//
// A [Signer] makes tokens, for applications that are their own issuer. [BearerToken] finds the
// token of a request, for code without that middleware.
//
// # What is believed
//
// Nothing that a token says about how to check it is believed (RFC 8725, sections 3.1 and 3.10).
// The configuration of an [Issuer] names one algorithm, and one key or where the issuer publishes its
// keys; the header of the token must
// agree with them, and headers that bring a key along, or point to one, are refused. Keys belong
// to issuers: a key vouches for no other issuer's tokens, even under the same key id.
//
// A token must say iss, aud, sub, exp and the organization. It must be current, give or take
// [Issuer.Skew]; RFC 7519 leaves most of this open.
//
// # What has one reading only
//
// Two programs that read the same token must not see two users in it. So base64url is taken
// without padding, white space and stray bits; JSON without duplicate members, without variants of
// the names read here in other case, in valid UTF-8; times are whole numbers of seconds; and a
// user id or an organization is one string that no trimming would change.
package access
