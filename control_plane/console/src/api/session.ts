/** Who is signed in: the API key of this tab, forgotten when the tab closes. */
import { store } from "../ui/store";

const NAME = "patchbay.key";

export const apiKey = store<string | null>(sessionStorage.getItem(NAME));

export function signIn(key: string): void {
  sessionStorage.setItem(NAME, key);
  apiKey.set(key);
}

export function signOut(): void {
  sessionStorage.removeItem(NAME);
  apiKey.set(null);
}
