import { useEffect } from "preact/hooks";
import { exactTime, relativeTime } from "./format";
import { store, useStore } from "./store";

const now = store(Date.now());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function useNow(): number {
  useEffect(() => {
    if (watchers++ === 0) timer = setInterval(() => document.hidden || now.set(Date.now()), 10_000);
    return () => {
      if (--watchers === 0) clearInterval(timer);
    };
  }, []);
  return useStore(now);
}

/** "2 minutes ago"; the exact time on hover, and the machine's form for whoever copies it. */
export function Time({ at, absent = "never" }: { at: string | null | undefined; absent?: string }) {
  const current = useNow();
  if (!at) return <span class="quiet">{absent}</span>;
  return (
    <time dateTime={at} title={`${exactTime(at)} · ${at}`}>
      {relativeTime(at, current)}
    </time>
  );
}

/** Whoever copies a time alone gets the machine's form of it. */
export function copyTimesExactly(): void {
  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    const time = selection?.anchorNode?.parentElement?.closest("time");
    if (!time || !selection || selection.toString().trim() !== time.textContent?.trim()) return;
    event.preventDefault();
    event.clipboardData?.setData("text/plain", time.dateTime);
  });
}
