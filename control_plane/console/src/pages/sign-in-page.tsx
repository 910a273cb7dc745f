import { useEffect, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/problem";
import { signIn } from "../api/session";
import { PlainField } from "../forms/plain-field";
import mark from "../mark.svg";
import { ThemeToggle } from "../ui/theme";

export function SignInPage() {
  const [key, setKey] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    document.title = "Sign in · Patchbay";
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(await tryKey(key.trim()));
    setBusy(false);
  };
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <div class="brand">
          <img src={mark} alt="" width="34" height="34" /> Patchbay <ThemeToggle />
        </div>
        <h1>Sign in</h1>
        <PlainField
          title="API key"
          type="password"
          isRequired
          autoFocus
          placeholder="pbk_…"
          help="The first admin key is printed once by `patchbay up`. Other keys are made by an admin under Users and keys."
          value={key}
          change={setKey}
        />
        {problem && (
          <p class="field-faults" role="alert">
            {problem.status === 401 ? "This key is not known, or no longer valid." : `${problem.title}. ${problem.detail}`}
          </p>
        )}
        <button type="submit" class="primary" disabled={isBusy || key.trim() === ""}>
          {isBusy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}

async function tryKey(key: string): Promise<Problem | null> {
  try {
    await signIn(key);
    return null;
  } catch (error) {
    return asProblem(error);
  }
}
