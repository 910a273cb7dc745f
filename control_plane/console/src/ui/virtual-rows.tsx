/** The rows of a long table: only those near the screen are drawn, the others are an empty space as tall as they are. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const CHUNK = 50;
const NEAR = "1200px";
const FIRST_GUESS = 48;

interface Props<Item> {
  items: readonly Item[];
  columns: number;
  /** One `<tr>`; it takes `aria-rowindex={index + 2}`, since the header is the first row. */
  row: (item: Item, index: number) => ComponentChildren;
}

export function VirtualRows<Item>({ items, columns, row }: Props<Item>) {
  const heightOfRow = useRef(FIRST_GUESS);
  const chunks = Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, index) => index * CHUNK);
  return (
    <>
      {chunks.map((from) => (
        <Chunk key={from} items={items.slice(from, from + CHUNK)} from={from} columns={columns} row={row} heightOfRow={heightOfRow} />
      ))}
    </>
  );
}

interface ChunkProps<Item> extends Props<Item> {
  from: number;
  heightOfRow: { current: number };
}

function Chunk<Item>({ items, from, columns, row, heightOfRow }: ChunkProps<Item>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [isNear, setNear] = useState(from === 0);
  useEffect(() => {
    const element = body.current;
    if (element === null) return undefined;
    const observer = new IntersectionObserver(
      (seen) => {
        const last = seen[seen.length - 1];
        if (last === undefined) return;
        if (!last.isIntersecting && last.boundingClientRect.height > 0 && element.rows.length > 1) {
          heightOfRow.current = last.boundingClientRect.height / element.rows.length;
        }
        setNear(last.isIntersecting);
      },
      { rootMargin: NEAR },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  if (isNear) return <tbody ref={body}>{items.map((item, index) => row(item, from + index))}</tbody>;
  return (
    <tbody ref={body} aria-hidden="true" class="not-drawn">
      <tr style={{ height: `${Math.round(items.length * heightOfRow.current)}px` }}>
        <td colSpan={columns} />
      </tr>
    </tbody>
  );
}

/** Calls `reach` when the end of a list comes near, so that more of it can be read. */
export function EndOfList({ reach }: { reach: () => void }) {
  const element = useRef<HTMLDivElement>(null);
  const latest = useRef(reach);
  latest.current = reach;
  useEffect(() => {
    if (element.current === null) return undefined;
    const observer = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && latest.current(), { rootMargin: NEAR });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return <div ref={element} class="more" aria-hidden="true" />;
}
