/** The one place that speaks HTTP: typed by the OpenAPI document, and every refusal becomes a `Problem`. */
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "../../generated/api";
import { Problem, problemOf } from "./problem";
import { apiKey, signOut } from "./session";

const credentials: Middleware = {
  onRequest({ request }) {
    const key = apiKey.get();
    if (key !== null) request.headers.set("Authorization", `Bearer ${key}`);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401 && apiKey.get() !== null) signOut();
  },
};

export const api = createClient<paths>({ baseUrl: window.location.origin });
api.use(credentials);

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The body of a good answer; throws a `Problem` otherwise. */
export async function told<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await reached(answer);
  if (!response.ok) {
    throw new Problem(response.status, typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {});
  }
  return data as Data;
}

async function reached<Data>(answer: Promise<Answer<Data>>): Promise<Answer<Data>> {
  try {
    return await answer;
  } catch (error) {
    throw new Problem(0, { detail: error instanceof Error ? error.message : "No answer." });
  }
}

/** The header that says which version of an object a change was made to. */
export function ifMatch(rowVersion: number): { "if-match": string } {
  return { "if-match": `"${rowVersion}"` };
}

/** A key that lets the server recognise a repeated creation. */
export function idempotencyKey(): { "idempotency-key": string } {
  return { "idempotency-key": crypto.randomUUID() };
}

/** Every item of a list that comes in pages. */
export async function allPages<Item>(
  fetchPage: (cursor: string | undefined) => Promise<{ items: Item[]; next_cursor?: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await fetchPage(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

/** Saves an answer as a file, through the same sign-in as everything else. */
export async function download(path: string, filename: string): Promise<void> {
  const key = apiKey.get();
  const response = await fetch(path, key === null ? {} : { headers: { Authorization: `Bearer ${key}` } });
  if (!response.ok) throw await problemOf(response);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
