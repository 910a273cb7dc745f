/** What can be done to several chosen actions at once. */
import { useState } from "preact/hooks";
import { api, told } from "../../api/client";
import { invalidate } from "../../api/query";
import { plural } from "../../ui/format";
import { complain, say } from "../../ui/toasts";

interface Props {
  chosen: ReadonlySet<string>;
  clear: () => void;
}

export function ActionSelection({ chosen, clear }: Props) {
  const [isBusy, setBusy] = useState(false);
  if (chosen.size === 0) return null;
  const turn = async (operation: "activate" | "deactivate") => {
    setBusy(true);
    await told(api.POST("/v1/actions:bulk", { body: { ids: [...chosen], operation } })).then((answer) => {
      const refused = [...new Set(answer.items.flatMap((item) => item.detail ?? []))].join(" ");
      say(`${plural(answer.done, "action")} ${operation}d`, answer.failed > 0 ? `${answer.failed} refused: ${refused}` : "");
      clear();
    }, complain);
    await invalidate("connectors", "actions");
    setBusy(false);
  };
  return (
    <div class="selection" role="region" aria-label="Selection">
      <strong>{plural(chosen.size, "action")}</strong>
      <button type="button" disabled={isBusy} onClick={() => void turn("activate")}>
        Activate
      </button>
      <button type="button" disabled={isBusy} onClick={() => void turn("deactivate")}>
        Deactivate
      </button>
      <button type="button" class="link" onClick={clear}>
        Clear
      </button>
    </div>
  );
}
