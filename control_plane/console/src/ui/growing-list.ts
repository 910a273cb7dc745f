/** A list that is read page by page: the newest page stays fresh, older ones are added when asked for. */
import { useEffect, useState } from "preact/hooks";
import { type Query, useQuery } from "../api/query";
import { complain } from "./toasts";

interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}

export interface GrowingList<Item, First extends Page<Item>> {
  first: Query<First>;
  items: Item[];
  /** `null` when there is nothing older. */
  more: (() => void) | null;
}

export function useGrowingList<Item, First extends Page<Item>>(
  key: string,
  read: (cursor?: string) => Promise<First>,
  every?: number,
): GrowingList<Item, First> {
  const first = useQuery(key, () => read(), every);
  const [older, setOlder] = useState<{ items: Item[]; cursor: string | null } | null>(null);
  useEffect(() => setOlder(null), [key]);
  const cursor = older === null ? (first.data?.next_cursor ?? null) : older.cursor;
  const load = async (from: string) => {
    const page = await read(from);
    setOlder({ items: [...(older?.items ?? []), ...page.items], cursor: page.next_cursor ?? null });
  };
  return {
    first,
    items: [...(first.data?.items ?? []), ...(older?.items ?? [])],
    more: cursor === null ? null : () => void load(cursor).catch(complain),
  };
}
