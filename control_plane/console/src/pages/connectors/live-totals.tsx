import { useLiveCounts } from "../../api/live";
import { count } from "../../ui/format";

const DAYS = 7;

/** What all connectors did together, while it happens. */
export function LiveTotals() {
  const live = useLiveCounts(DAYS);
  const total = { sent: 0, removed: 0, errors: 0, failed_attempts: 0 };
  for (const counts of live?.counts.values() ?? []) {
    total.sent += counts.sent;
    total.removed += counts.removed;
    total.errors += counts.errors;
    total.failed_attempts += counts.failed_attempts;
  }
  const number = (value: number) => (live === null ? "…" : count(value));
  return (
    <dl class="numbers strip" aria-label="Live totals">
      <div>
        <dt>Sent, {DAYS} days</dt>
        <dd class="sent">{number(total.sent)}</dd>
      </div>
      <div>
        <dt>Removed</dt>
        <dd class="removed">{number(total.removed)}</dd>
      </div>
      <div>
        <dt>Errors</dt>
        <dd class="errors">{number(total.errors)}</dd>
      </div>
      <div>
        <dt>Failed attempts</dt>
        <dd>{number(total.failed_attempts)}</dd>
      </div>
      <div>
        <dt>Now</dt>
        <dd class="small-number">{live?.isStale ? <span class="waiting">not up to date</span> : "live"}</dd>
      </div>
    </dl>
  );
}
