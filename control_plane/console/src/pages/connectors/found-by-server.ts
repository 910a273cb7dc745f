import { useEffect, useState } from "preact/hooks";
import { api, told } from "../../api/client";

const PAUSE_MS = 120;

/** Connectors by id, with the names of their matching actions. */
type Found = ReadonlyMap<string, string[]>;

const NONE: Found = new Map();

/** What the server finds by words that the page does not hold: the names of actions. */
export function useFoundByServer(text: string): Found {
  const [found, setFound] = useState(NONE);
  useEffect(() => {
    if (text.trim() === "") {
      setFound(NONE);
      return undefined;
    }
    let isWanted = true;
    const timer = setTimeout(async () => {
      const page = await told(api.GET("/v1/connectors", { params: { query: { q: text, limit: 500 } } })).catch(() => null);
      if (!isWanted) return;
      setFound(new Map(page?.items.map((connector) => [connector.id, connector.matching_actions.map((action) => action.name)])));
    }, PAUSE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [text]);
  return found;
}
