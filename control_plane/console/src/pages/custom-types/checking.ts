/** Whether the definition as it is typed holds, and the connector type that it would make. */
import { useEffect, useState } from "preact/hooks";
import { api, told } from "../../api/client";
import type { ConnectorType, Fault } from "../../api/types";
import type { Values } from "../../forms/schema-form";
import { complain } from "../../ui/toasts";

const PAUSE_MS = 350;

export interface Checked {
  errors: readonly Fault[];
  type: ConnectorType | null;
}

/** What could not be read is not checked; what was found before stays meanwhile. */
export function useChecked(definition: Values | null, isWanted: boolean): Checked {
  const [checked, setChecked] = useState<Checked>({ errors: [], type: null });
  const text = JSON.stringify(definition);
  useEffect(() => {
    if (definition === null || !isWanted) return undefined;
    let isCurrent = true;
    const timer = setTimeout(() => {
      told(api.POST("/v1/custom-connector-types:check", { body: { definition } })).then(
        ({ errors, type }) => isCurrent && setChecked({ errors, type: type ?? null }),
        complain,
      );
    }, PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [text, isWanted]);
  return checked;
}
