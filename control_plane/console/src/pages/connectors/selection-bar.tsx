import { useState } from "preact/hooks";
import { api, told } from "../../api/client";
import { invalidate } from "../../api/query";
import { plural } from "../../ui/format";
import { useMay } from "../../ui/permission";
import { complain, say } from "../../ui/toasts";
import type { Row } from "./rows";

type Operation = "activate" | "deactivate" | "pause" | "resume";

const BUTTONS: [Operation, string, string][] = [
  ["activate", "Activate", "activated"],
  ["deactivate", "Deactivate", "deactivated"],
  ["pause", "Pause", "paused"],
  ["resume", "Resume", "resumed"],
];

/** What can be done with many connectors at once. One that refuses does not stop the others. */
export function SelectionBar({ selected, clear }: { selected: Row[]; clear: () => void }) {
  const [isBusy, setBusy] = useState(false);
  const mayEdit = useMay("editor");
  if (selected.length === 0 || !mayEdit) return null;
  const run = async (operation: Operation, done: string) => {
    setBusy(true);
    try {
      const ids = selected.map((row) => row.connector.id);
      const answer = await told(api.POST("/v1/connectors:bulk", { body: { ids, operation } }));
      const refused = answer.items.filter((item) => !item.done).map((item) => item.detail);
      say(`${plural(answer.done, "connector")} ${done}`, refused.length > 0 ? `Refused: ${refused.join(" ")}` : "");
      await invalidate("connectors");
      clear();
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  return (
    <div class="selection" role="region" aria-label="Selection">
      <strong>{plural(selected.length, "connector")} selected</strong>
      {BUTTONS.map(([operation, label, done]) => (
        <button key={operation} type="button" disabled={isBusy} onClick={() => void run(operation, done)}>
          {label}
        </button>
      ))}
      <button type="button" class="link" onClick={clear}>
        Clear
      </button>
    </div>
  );
}
