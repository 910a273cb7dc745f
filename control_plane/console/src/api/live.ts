/** Counts of every connector as they change, pushed by the server. */
import { useEffect, useState } from "preact/hooks";

export interface LiveCounts {
  sent: number;
  removed: number;
  errors: number;
  skipped: number;
  failed_attempts: number;
}

export interface Live {
  counts: ReadonlyMap<string, LiveCounts>;
  isStale: boolean;
}

/** A page that nobody sees lets go of its stream: a browser has few connections to one server. */
export function useLiveCounts(days: number): Live | null {
  const [live, setLive] = useState<Live | null>(null);
  useEffect(() => {
    let stop = document.hidden ? null : follow(days, setLive);
    const seen = () => {
      stop?.();
      stop = document.hidden ? null : follow(days, setLive);
    };
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      stop?.();
    };
  }, [days]);
  return live;
}

function follow(days: number, tell: (live: Live) => void): () => void {
  const source = new EventSource(`/v1/live?days=${days}`);
  const counts = new Map<string, LiveCounts>();
  const told = (isStale: boolean) => tell({ counts: new Map(counts), isStale });
  source.addEventListener("counts", (event) => {
    const { connectors } = JSON.parse(event.data as string) as { connectors: Record<string, LiveCounts> };
    for (const [id, one] of Object.entries(connectors)) counts.set(id, one);
    told(false);
  });
  source.addEventListener("stale", () => told(true));
  source.addEventListener("error", () => counts.size > 0 && told(true));
  return () => source.close();
}
