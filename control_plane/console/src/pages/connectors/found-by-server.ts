import { useEffect, useState } from "preact/hooks";
import { api, told } from "../../api/client";

const PAUSE_MS = 120;
const NONE: ReadonlySet<string> = new Set();

/** What the server finds by words that the page does not hold, such as the names of actions that never sent. */
export function useFoundByServer(text: string): ReadonlySet<string> {
  const [found, setFound] = useState(NONE);
  useEffect(() => {
    if (text.trim() === "") {
      setFound(NONE);
      return undefined;
    }
    let isWanted = true;
    const timer = setTimeout(async () => {
      const page = await told(api.GET("/v1/connectors", { params: { query: { q: text, limit: 500 } } })).catch(() => null);
      if (isWanted) setFound(page === null ? NONE : new Set(page.items.map((connector) => connector.id)));
    }, PAUSE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [text]);
  return found;
}
