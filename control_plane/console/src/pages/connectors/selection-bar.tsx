import { useState } from "preact/hooks";
import { useMay } from "../../ui/permission";
import { plural } from "../../ui/format";
import { complain, say } from "../../ui/toasts";
import { switchConnector } from "../connector/switching";
import { invalidate } from "../../api/query";
import type { Row } from "./rows";

/** What can be done with many connectors at once. One that refuses does not stop the others. */
export function SelectionBar({ selected, clear }: { selected: Row[]; clear: () => void }) {
  const [isBusy, setBusy] = useState(false);
  const mayEdit = useMay("editor");
  if (selected.length === 0 || !mayEdit) return null;
  const switchAll = async (to: "activate" | "deactivate") => {
    setBusy(true);
    const results = await Promise.allSettled(selected.map((row) => switchConnector(row.connector.id, to)));
    const refused = results.filter((result) => result.status === "rejected");
    for (const result of refused.slice(0, 3)) complain(result.reason);
    const done = results.length - refused.length;
    if (done > 0) say(`${plural(done, "connector")} ${to}d`);
    await invalidate("connectors");
    setBusy(false);
    clear();
  };
  return (
    <div class="selection" role="region" aria-label="Selection">
      <strong>{plural(selected.length, "connector")} selected</strong>
      <button type="button" disabled={isBusy} onClick={() => void switchAll("activate")}>
        Activate
      </button>
      <button type="button" disabled={isBusy} onClick={() => void switchAll("deactivate")}>
        Deactivate
      </button>
      <button type="button" class="link" onClick={clear}>
        Clear
      </button>
    </div>
  );
}
