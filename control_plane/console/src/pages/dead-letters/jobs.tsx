import { api, told } from "../../api/client";
import { useUserNames } from "../../api/queries";
import { invalidate } from "../../api/query";
import type { Job } from "../../api/types";
import { count, words } from "../../ui/format";
import { useGrowingList } from "../../ui/growing-list";
import { Empty } from "../../ui/page";
import { useMay } from "../../ui/permission";
import { Shown } from "../../ui/shown";
import { Table } from "../../ui/table";
import { Time } from "../../ui/time";
import { complain, say } from "../../ui/toasts";

const LIMIT = 50;

/** Replays: planned, running and done, each with how far it is. */
export function Jobs() {
  const list = useGrowingList<Job, { items: Job[]; next_cursor?: string | null }>(
    "jobs",
    (cursor) => told(api.GET("/v1/jobs", { params: { query: { limit: LIMIT, cursor } } })),
    2000,
  );
  return (
    <Shown query={list.first}>
      {() =>
        list.items.length === 0 ? (
          <Empty title="Nothing was replayed yet" />
        ) : (
          <>
            <JobTable jobs={list.items} />
            {list.more && (
              <button type="button" onClick={list.more}>
                Show older ones
              </button>
            )}
          </>
        )
      }
    </Shown>
  );
}

function JobTable({ jobs }: { jobs: Job[] }) {
  const nameOf = useUserNames();
  return (
    <Table heads={["Replay", "State", "Planned by", { numeric: "To send" }, { numeric: "Ended" }, { numeric: "Errors" }, "Cancel"]}>
      {jobs.map((job) => (
        <tr key={job.id}>
          <td>{job.number}</td>
          <td>
            <span class={`chip ${job.state === "finished" ? "good" : job.state === "cancelled" ? "muted" : "info"}`}>{words(job.state)}</span>
          </td>
          <td data-label="Planned by">
            {nameOf(job.created_by)} <Time at={job.created_at} />
          </td>
          <td class="numeric" data-label="To send">{count(job.plan.will_send)}</td>
          <td class="numeric" data-label="Ended">
            <Progress job={job} />
          </td>
          <td class="numeric" data-label="Errors">{count(job.progress.errors_total ?? 0)}</td>
          <td>
            <CancelButton job={job} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Progress({ job }: { job: Job }) {
  const { plan, progress } = job;
  return (
    <>
      {count(progress.ended)} <progress aria-label={`Replay ${job.number}`} max={Math.max(1, plan.will_send)} value={progress.ended} />
    </>
  );
}

function CancelButton({ job }: { job: Job }) {
  if (!useMay("editor") || job.state === "finished" || job.state === "cancelled") return null;
  const cancel = async () => {
    await told(api.POST("/v1/jobs/{job_id}/cancel", { params: { path: { job_id: job.id } } }));
    say(`Replay ${job.number} is cancelled`);
    await invalidate("jobs");
  };
  return (
    <button type="button" class="small" onClick={() => void cancel().catch(complain)}>
      Cancel<span class="visually-hidden"> replay {job.number}</span>
    </button>
  );
}
