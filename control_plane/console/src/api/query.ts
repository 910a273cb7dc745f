/** Answers of the API, kept while a page shows them: shown at once when seen before, and read again behind it. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "./problem";

interface Entry {
  data?: unknown;
  problem?: Problem;
  running?: Promise<void>;
  read?: () => Promise<unknown>;
  listeners: Set<() => void>;
}

const entries = new Map<string, Entry>();

function entryOf(key: string): Entry {
  let entry = entries.get(key);
  if (entry === undefined) {
    entry = { listeners: new Set() };
    entries.set(key, entry);
  }
  return entry;
}

function tell(entry: Entry): void {
  for (const listener of [...entry.listeners]) listener();
}

function refreshEntry(entry: Entry, read: () => Promise<unknown>): Promise<void> {
  entry.running ??= read()
    .then(
      (data) => {
        entry.data = data;
        entry.problem = undefined;
      },
      (error: unknown) => {
        entry.problem = asProblem(error);
      },
    )
    .finally(() => {
      entry.running = undefined;
      tell(entry);
    });
  return entry.running;
}

export interface Query<Data> {
  data: Data | undefined;
  problem: Problem | undefined;
  refresh: () => Promise<void>;
}

/** Reads something and keeps it fresh: again when `every` milliseconds have passed and the page can be seen. */
export function useQuery<Data>(key: string | null, read: () => Promise<Data>, every?: number): Query<Data> {
  const [, redraw] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  const refresh = useCallback(
    () => (key === null ? Promise.resolve() : refreshEntry(entryOf(key), () => latest.current())),
    [key],
  );
  useEffect(() => {
    if (key === null) return undefined;
    const entry = entryOf(key);
    const listener = () => redraw((count) => count + 1);
    entry.listeners.add(listener);
    entry.read = () => latest.current();
    void refresh();
    const timer = every === undefined ? undefined : setInterval(() => document.hidden || void refresh(), every);
    return () => {
      entry.listeners.delete(listener);
      clearInterval(timer);
    };
  }, [key, every, refresh]);
  const entry = key === null ? undefined : entries.get(key);
  return { data: entry?.data as Data | undefined, problem: entry?.problem, refresh };
}

/** What was changed is read again wherever it is shown, and forgotten where it is not. */
export async function invalidate(...prefixes: string[]): Promise<void> {
  const running: Promise<void>[] = [];
  for (const [key, entry] of entries) {
    if (!prefixes.some((prefix) => key.startsWith(prefix))) continue;
    if (entry.listeners.size === 0) entries.delete(key);
    else if (entry.read !== undefined) {
      const read = entry.read;
      running.push((entry.running ?? Promise.resolve()).then(() => refreshEntry(entry, read)));
    }
  }
  await Promise.all(running);
}

/** After a sign-out nothing of the last user stays. */
export function forgetEverything(): void {
  entries.clear();
}
