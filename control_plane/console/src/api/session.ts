/** Whether somebody is signed in. The key itself is given up at once for a cookie that no script can read. */
import { problemOf } from "./problem";
import { store } from "../ui/store";

export const session = store<"unknown" | "in" | "out">("unknown");

/** Asks whether the cookie of an earlier visit still holds. */
export async function resume(): Promise<void> {
  const answer = await fetch("/v1/me").catch(() => null);
  if (session.get() === "unknown") session.set(answer?.status === 401 ? "out" : "in");
}

/** Throws a `Problem` when the key is refused. */
export async function signIn(key: string): Promise<void> {
  const body = JSON.stringify({ api_key: key });
  const answer = await fetch("/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!answer.ok) throw await problemOf(answer);
  session.set("in");
}

export async function signOut(): Promise<void> {
  await fetch("/v1/session", { method: "DELETE" });
  session.set("out");
}
