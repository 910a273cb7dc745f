/** The one place that speaks HTTP: typed by the OpenAPI document, and every refusal becomes a `Problem`. */
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "../../generated/api";
import { Problem } from "./problem";
import { session } from "./session";

const ended: Middleware = {
  onResponse({ response }) {
    if (response.status === 401) session.set("out");
  },
};

export const api = createClient<paths>({ baseUrl: window.location.origin });
api.use(ended);

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
