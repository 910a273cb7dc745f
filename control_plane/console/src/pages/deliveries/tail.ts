/** The newest deliveries as they come, and older ones as they are scrolled to, without a hole between them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Query, useQuery } from "../../api/query";
import type { Delivery } from "../../api/types";
import { complain } from "../../ui/toasts";

export interface DeliveryPage {
  items: Delivery[];
  next_cursor?: string | null;
}

export interface Tail {
  first: Query<DeliveryPage>;
  items: readonly Delivery[];
  /** So many have come since the list was held. */
  newer: number;
  release: () => void;
  /** `null` when there is nothing older. */
  older: (() => void) | null;
}

interface Kept {
  key: string;
  items: readonly Delivery[];
  cursor: string | null;
  /** The newest page while the list is held. */
  held: DeliveryPage | null;
}

const TAIL_MS = 2000;
const MOST = 20_000;

export function useTail(key: string, read: (cursor?: string) => Promise<DeliveryPage>, isHeld: boolean): Tail {
  const first = useQuery(`deliveries/${key}`, () => read(), TAIL_MS);
  const [stored, setStored] = useState<Kept>(() => nothing(key));
  const isReading = useRef(false);
  const change = (how: (kept: Kept) => Kept) => setStored((now) => how(now.key === key ? now : nothing(key)));
  const page = first.data;
  useEffect(() => {
    if (page !== undefined) change((kept) => (isHeld && kept.items.length > 0 ? { ...kept, held: page } : joined(kept, page)));
  }, [page, key, isHeld]);
  const older = async (cursor: string) => {
    if (isReading.current) return;
    isReading.current = true;
    await read(cursor).then((next) => change((kept) => (kept.cursor === cursor ? lengthened(kept, next) : kept)), complain);
    isReading.current = false;
  };
  const { cursor, held, items } = stored.key === key ? stored : nothing(key);
  return {
    first,
    items: items.length === 0 ? (page?.items ?? []) : items,
    newer: held === null ? 0 : fresh(items, held.items).length,
    release: () => change((kept) => (kept.held === null ? kept : joined(kept, kept.held))),
    older: cursor === null ? null : () => void older(cursor),
  };
}

function nothing(key: string): Kept {
  return { key, items: [], cursor: null, held: null };
}

function lengthened(kept: Kept, next: DeliveryPage): Kept {
  const known = new Set(kept.items.map((one) => one.delivery_id));
  return { ...kept, items: [...kept.items, ...next.items.filter((one) => !known.has(one.delivery_id))], cursor: next.next_cursor ?? null };
}

function joined(kept: Kept, page: DeliveryPage): Kept {
  const added = fresh(kept.items, page.items);
  const isAlone = kept.items.length === 0 || (added.length === page.items.length && page.next_cursor != null);
  if (isAlone) return { key: kept.key, items: page.items, cursor: page.next_cursor ?? null, held: null };
  if (added.length === 0) return kept.held === null ? kept : { ...kept, held: null };
  const moved = new Set(added.map((one) => one.delivery_id));
  const items = [...added, ...kept.items.filter((one) => !moved.has(one.delivery_id))];
  if (items.length > MOST) return { key: kept.key, items: page.items, cursor: page.next_cursor ?? null, held: null };
  return { ...kept, items, held: null };
}

/** Those of a page that are new, or have had another attempt since. */
function fresh(known: readonly Delivery[], page: readonly Delivery[]): Delivery[] {
  const seen = new Map(known.slice(0, page.length * 2).map((one) => [one.delivery_id, one.at]));
  return page.filter((one) => seen.get(one.delivery_id) !== one.at);
}
