/** What the action as it is typed would send for real events, and what is wrong with it. */
import { useEffect, useState } from "preact/hooks";
import { api, told } from "../../api/client";
import { asProblem, type Problem } from "../../api/problem";
import type { Preview } from "../../api/types";
import type { Values } from "../../forms/schema-form";

const PAUSE_MS = 350;
const SAMPLES = 5;

export interface ActionAsTyped {
  type: string;
  fields: Values;
  mapping: Values;
  consent: string[];
}

export interface PreviewState {
  preview: Preview | null;
  problem: Problem | null;
}

/** `typed` is null while it cannot be read; the last preview stays meanwhile. */
export function usePreview(connectorId: string, actionId: string | null, typed: ActionAsTyped | null): PreviewState {
  const [state, setState] = useState<PreviewState>({ preview: null, problem: null });
  const text = JSON.stringify(typed);
  useEffect(() => {
    if (typed === null) return undefined;
    let isWanted = true;
    const timer = setTimeout(() => {
      readPreview(connectorId, actionId, typed).then(
        (preview) => isWanted && setState({ preview, problem: null }),
        (error: unknown) => isWanted && setState((last) => ({ ...last, problem: asProblem(error) })),
      );
    }, PAUSE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [connectorId, actionId, text]);
  return state;
}

function readPreview(connectorId: string, actionId: string | null, typed: ActionAsTyped): Promise<Preview> {
  const body = { ...typed, samples: { limit: SAMPLES } };
  if (actionId === null) {
    return told(api.POST("/v1/connectors/{connector_id}/preview", { params: { path: { connector_id: connectorId } }, body }));
  }
  return told(api.POST("/v1/actions/{action_id}/preview", { params: { path: { action_id: actionId } }, body }));
}
