/** After an outage: everything of a connector that failed since a moment, planned first and then sent again. */
import { useState } from "preact/hooks";
import type { Job } from "../../api/types";
import { FormDialog } from "../../ui/form-dialog";
import { fromLocal, timeZone, toLocal } from "../../ui/format";
import { useMay } from "../../ui/permission";
import { complain } from "../../ui/toasts";
import { PlanDialog, planReplay } from "./replay";

const DAY_MS = 24 * 3600 * 1000;

export function RecoverButton({ connectorId }: { connectorId: string }) {
  const [isOpen, setOpen] = useState(false);
  const [job, setJob] = useState<Job | null>(null);
  if (!useMay("editor")) return null;
  const planned = (made: Job) => {
    setOpen(false);
    setJob(made);
  };
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Recover failed since…
      </button>
      {isOpen && <SinceDialog connectorId={connectorId} planned={planned} close={() => setOpen(false)} />}
      {job && <PlanDialog job={job} close={() => setJob(null)} />}
    </>
  );
}

function SinceDialog({ connectorId, planned, close }: { connectorId: string; planned: (job: Job) => void; close: () => void }) {
  const [since, setSince] = useState(() => toLocal(new Date(Date.now() - DAY_MS).toISOString()));
  const [isBusy, setBusy] = useState(false);
  const plan = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    await planReplay({ connector_id: connectorId, since: fromLocal(since) }).then(planned, complain);
    setBusy(false);
  };
  return (
    <FormDialog title="Recover what failed" close={close} submit={plan} confirm={isBusy ? "Planning…" : "See what would be sent"} disabled={isBusy || since === ""}>
      <p>Every delivery of this connector that ended in error since then is rendered with today's configuration and sent again. You see how many first.</p>
      <label class="field">
        <span class="field-label">Failed since ({timeZone})</span>
        <input type="datetime-local" required value={since} onInput={(event) => setSince(event.currentTarget.value)} />
      </label>
    </FormDialog>
  );
}
