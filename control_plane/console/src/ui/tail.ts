/** A list of which the newest come by themselves, and older ones as they are scrolled to, without a hole between them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Query, useQuery } from "../api/query";
import { complain } from "./toasts";

export interface TailPage<Item> {
  items: Item[];
  next_cursor?: string | null;
}

export interface Listing<Item, First extends TailPage<Item> = TailPage<Item>> {
  /** What is listed; another key is another list. */
  key: string;
  read: (cursor?: string) => Promise<First>;
  every: number;
  /** What an item is known by; it stays the same when the item changes. */
  idOf: (item: Item) => string;
  /** The same and how it stands: what has another one is news. */
  newsOf?: (item: Item) => string;
  /** Nothing moves while this is true. */
  isHeld?: boolean;
}

export interface Tail<Item, First> {
  first: Query<First>;
  items: readonly Item[];
  /** So many have come since the list was held. */
  newer: number;
  release: () => void;
  /** `null` when there is nothing older. */
  older: (() => void) | null;
}

interface Kept<Item> {
  key: string;
  items: readonly Item[];
  cursor: string | null;
  /** The newest page while the list is held. */
  held: TailPage<Item> | null;
}

const MOST = 20_000;

export function useTail<Item, First extends TailPage<Item> = TailPage<Item>>(listing: Listing<Item, First>): Tail<Item, First> {
  const { key, read, every, idOf, newsOf = idOf, isHeld = false } = listing;
  const first = useQuery(key, () => read(), every);
  const [stored, setStored] = useState<Kept<Item>>(() => nothing(key));
  const isReading = useRef(false);
  const change = (how: (kept: Kept<Item>) => Kept<Item>) => setStored((now) => how(now.key === key ? now : nothing(key)));
  const page = first.data;
  useEffect(() => {
    if (page !== undefined) change((kept) => (isHeld && kept.items.length > 0 ? { ...kept, held: page } : joined(kept, page, idOf)));
  }, [page, key, isHeld]);
  const older = async (cursor: string) => {
    if (isReading.current) return;
    isReading.current = true;
    await read(cursor).then((next) => change((kept) => (kept.cursor === cursor ? lengthened(kept, next, idOf) : kept)), complain);
    isReading.current = false;
  };
  const { cursor, held, items } = stored.key === key ? stored : nothing<Item>(key);
  return {
    first,
    items: items.length === 0 ? (page?.items ?? []) : items,
    newer: held === null ? 0 : countNews(items, held.items, newsOf),
    release: () => change((kept) => (kept.held === null ? kept : joined(kept, kept.held, idOf))),
    older: cursor === null ? null : () => void older(cursor),
  };
}

function nothing<Item>(key: string): Kept<Item> {
  return { key, items: [], cursor: null, held: null };
}

/** The newest page above what is known; where the two do not touch, there could be a hole: it begins anew. */
function joined<Item>(kept: Kept<Item>, page: TailPage<Item>, idOf: (item: Item) => string): Kept<Item> {
  const ids = new Set(page.items.map(idOf));
  const rest = kept.items.filter((item) => !ids.has(idOf(item)));
  const touches = rest.length < kept.items.length || page.next_cursor == null;
  if (kept.items.length === 0 || !touches || rest.length + page.items.length > MOST) {
    return { key: kept.key, items: page.items, cursor: page.next_cursor ?? null, held: null };
  }
  return { ...kept, items: [...page.items, ...rest], held: null };
}

function lengthened<Item>(kept: Kept<Item>, next: TailPage<Item>, idOf: (item: Item) => string): Kept<Item> {
  const known = new Set(kept.items.map(idOf));
  const items = [...kept.items, ...next.items.filter((item) => !known.has(idOf(item)))];
  return { ...kept, items, cursor: next.next_cursor ?? null };
}

function countNews<Item>(known: readonly Item[], page: readonly Item[], newsOf: (item: Item) => string): number {
  const old = new Set(known.slice(0, page.length * 2).map(newsOf));
  return page.filter((item) => !old.has(newsOf(item))).length;
}
