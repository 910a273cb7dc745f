/** Sending dead letters again: a plan first, which says how many leave, and nothing before it is confirmed. */
import { useState } from "preact/hooks";
import { api, idempotencyKey, told } from "../../api/client";
import { invalidate } from "../../api/query";
import type { Job } from "../../api/types";
import { navigate } from "../../routing/location";
import { Dialog } from "../../ui/dialog";
import { count, plural } from "../../ui/format";
import { useMay } from "../../ui/permission";
import { complain, say } from "../../ui/toasts";

export interface Matching {
  reason?: string;
  connector_id?: string;
  since?: string;
}

interface Props {
  label: string;
  ids?: string[];
  matching?: Matching;
  isSmall?: boolean;
}

export function ReplayButton({ label, ids, matching, isSmall = false }: Props) {
  const [job, setJob] = useState<Job | null>(null);
  const [isBusy, setBusy] = useState(false);
  if (!useMay("editor")) return null;
  const plan = async () => {
    setBusy(true);
    await planReplay(ids ? { ids } : (matching ?? {})).then(setJob, complain);
    setBusy(false);
  };
  return (
    <>
      <button type="button" class={isSmall ? "small" : ""} disabled={isBusy} onClick={() => void plan()}>
        {isBusy ? "Planning…" : label}
      </button>
      {job && <PlanDialog job={job} close={() => setJob(null)} />}
    </>
  );
}

export function planReplay(selection: { ids: string[] } | Matching): Promise<Job> {
  const body = { kind: "replay" as const, selection, include_replayed: false };
  return told(api.POST("/v1/jobs", { params: { header: idempotencyKey() }, body }));
}

export function PlanDialog({ job, close }: { job: Job; close: () => void }) {
  const { plan } = job;
  const start = async () => {
    try {
      await told(api.POST("/v1/jobs/{job_id}/start", { params: { path: { job_id: job.id } } }));
      await invalidate("jobs", "dead-letters", "deliveries");
      say(`Replay ${job.number} has started`);
      close();
      await navigate("/dead-letters?tab=jobs");
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Dialog title="What a replay would do" close={close}>
      <div class="dialog-body">
        <p>
          <strong>{plural(plan.will_send, "delivery", "deliveries")}</strong> would be rendered with today's configuration and sent again, out of{" "}
          {count(plan.matching)} that match.
        </p>
        <dl class="pairs">
          <dt>Cannot be replayed</dt>
          <dd>{count(plan.not_replayable)}</dd>
          <dt>Replayed already</dt>
          <dd>{count(plan.already_replayed)}</dd>
          <dt>Replaced by newer ones</dt>
          <dd>{count(plan.replaced)}</dd>
        </dl>
        <ul>
          {plan.actions.map((action) => (
            <li key={action.action_id}>
              {action.name ?? action.action_id}: {count(action.count)}
              {!action.active && <span class="chip warn">deactivated: nothing will be sent</span>}
            </li>
          ))}
        </ul>
      </div>
      <footer>
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="button" class="primary" disabled={plan.will_send === 0} onClick={() => void start()}>
          Send {count(plan.will_send)} again
        </button>
      </footer>
    </Dialog>
  );
}
