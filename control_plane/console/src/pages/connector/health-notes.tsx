import type { Connector, ConnectorStatus } from "../../api/types";
import { plural } from "../../ui/format";

/** What somebody should know before anything else on the page. */
export function HealthNotes({ connector, status }: { connector: Connector; status: ConnectorStatus | undefined }) {
  if (status === undefined) return null;
  const refused = status.workers.some((worker) => worker.credentials_refused);
  const open = status.workers.filter((worker) => worker.breaker === "open");
  const pending = status.workers.reduce((sum, worker) => sum + worker.pending, 0);
  const reasons = [...new Set(status.workers.flatMap((worker) => worker.reason ?? []))];
  return (
    <>
      {refused && (
        <p class="note bad" role="alert">
          The partner refuses the credentials. Deliveries wait until you replace the secret in{" "}
          <a href={`/connectors/${connector.id}?tab=settings`}>Settings</a> and publish.
        </p>
      )}
      {open.length > 0 && (
        <p class="note warn" role="status">
          The circuit breaker is open on {plural(open.length, "worker")}: the partner failed too often, and is tried again by itself.
          {reasons.length > 0 && ` ${reasons.join(" ")}`}
        </p>
      )}
      {pending > 0 && (
        <p class="note info" role="status">
          {plural(pending, "delivery", "deliveries")} waiting
          {connector.paused ? " until you resume the connector." : " for a retry, a batch or a free slot."}
        </p>
      )}
    </>
  );
}
