import { useEffect, useState } from "preact/hooks";
import { api, told } from "../../api/client";
import type { Connector, Fault } from "../../api/types";
import type { Values } from "../../forms/schema-form";

const PAUSE_MS = 400;

/** What the server finds wrong with an action as it is typed; `null` while there is nothing to check. */
export function useCheckedAction(connector: Connector, type: string, fields: Values, mapping: Values | null): Fault[] | null {
  const [faults, setFaults] = useState<Fault[] | null>(null);
  const text = JSON.stringify([fields, mapping]);
  useEffect(() => {
    if (mapping === null) {
      setFaults(null);
      return undefined;
    }
    let isWanted = true;
    const timer = setTimeout(async () => {
      const answer = await told(
        api.PUT("/v1/connector-types/{connector_type}/validate", {
          params: { path: { connector_type: connector.type } },
          body: { settings: connector.settings, action: { type, fields, mapping } },
        }),
      ).catch(() => null);
      if (isWanted) setFaults(answer === null ? null : answer.errors.filter((fault) => /^\/(fields|mapping)\b/.test(fault.pointer)));
    }, PAUSE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [text, type, connector.type]);
  return faults;
}
