import { useEffect, useRef, useState } from "preact/hooks";
import { Problem, type Client } from "../api/client";
import { Logo } from "../ui/icons";

// Sign-in takes an API key or a JWT. The page sends it once and forgets it; what stays is a cookie
// that scripts cannot read.
export function SignIn({ client, done }: { client: Client; done: () => void }) {
  const [problem, setProblem] = useState<string>("");
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const begin = async (credential: string) => {
    setBusy(true);
    setProblem("");
    try {
      await client.signIn(credential);
      if (input.current) input.current.value = "";
      done();
    } catch (e) {
      setProblem(e instanceof Problem ? (e.status === 401 ? "This key or token is not accepted. It may have been revoked, or have ended." : e.status === 429 ? `Too many attempts. Try again in ${e.retryAfter || 60} seconds.` : e.message) : "The page could not sign in.");
      input.current?.select();
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    document.title = "Sign in · Daybook";
    // A ready link of `daybook demo` carries a key behind the "#", which browsers send to nobody. It
    // is taken out of the address at once.
    const m = /^#key=([\w.-]+)$/.exec(location.hash);
    if (m) {
      history.replaceState(null, "", location.pathname + location.search);
      void begin(m[1]!);
    } else input.current?.focus();
  }, []);
  return (
    <main class="sign-in">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          const v = input.current!.value.trim();
          if (v) void begin(v);
        }}
      >
        <Logo />
        <h1>Daybook</h1>
        <p>Who did what, to which resource, when.</p>
        <label>
          API key or token
          <input ref={input} type="password" autocomplete="off" spellcheck={false} aria-invalid={problem !== ""} aria-describedby={problem ? "sign-in-problem" : "sign-in-say"} placeholder="dbk_…" />
        </label>
        {problem && (
          <p id="sign-in-problem" class="say wrong" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="button primary" disabled={busy}>
          {busy ? "Signing in …" : "Sign in"}
        </button>
        <p id="sign-in-say" class="say">
          The key is sent once and not kept in this page. The session lasts eight hours. Whoever runs this server makes keys with <code>daybook key create</code>.
        </p>
      </form>
    </main>
  );
}
