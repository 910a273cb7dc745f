/** Totals, the chart, its legend and its table, for a connector or one of its actions. */
import { useStatistics } from "../api/queries";
import type { Day, Statistics, Totals, WindowLength } from "../api/types";
import { OUTCOMES, type OutcomeName } from "../outcomes";
import { useQueryParameter } from "../routing/location";
import { count, percent, timeZone, words } from "../ui/format";
import { Shown } from "../ui/shown";
import { Time } from "../ui/time";
import { DayTable } from "./day-table";
import { OutcomeChart } from "./lazy";

const WINDOWS: WindowLength[] = ["7d", "30d", "90d"];

export function useWindow(): [WindowLength, (window: string) => void] {
  const [value, set] = useQueryParameter("window", "7d");
  return [WINDOWS.find((one) => one === value) ?? "7d", set];
}

export function WindowToggle() {
  const [window, setWindow] = useWindow();
  return (
    <div class="toggle" role="group" aria-label="Days">
      {WINDOWS.map((one) => (
        <button key={one} type="button" aria-pressed={one === window} onClick={() => setWindow(one)}>
          {one.slice(0, -1)} days
        </button>
      ))}
    </div>
  );
}

interface Props {
  connectorId: string;
  actionId?: string;
  choose?: (date: string, outcome: OutcomeName) => void;
}

export function StatisticsPanel({ connectorId, actionId, choose }: Props) {
  const [window] = useWindow();
  const statistics = useStatistics({ window, connectorId, actionId });
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>What became of deliveries</h2>
        <WindowToggle />
      </div>
      <Shown query={statistics} rows={7}>
        {(data) => <Counted statistics={data} actionId={actionId} choose={choose} />}
      </Shown>
    </section>
  );
}

function Counted({ statistics, actionId, choose }: { statistics: Statistics; actionId?: string; choose?: Props["choose"] }) {
  const connector = statistics.connectors[0];
  const own = actionId === undefined ? connector : connector?.actions.find((action) => action.action_id === actionId);
  return (
    <>
      <Numbers totals={statistics.totals} last={own?.last_delivery_at ?? null} />
      <OutcomeChart days={statistics.by_day} label={summary(statistics.by_day, statistics.totals)} choose={choose} />
      <Legend totals={statistics.totals} />
      <p class="quiet small-print">
        Days of {timeZone}. Hatched: today so far. Shaded: no data.
      </p>
      <DayTable days={statistics.by_day} />
      <Skipped totals={statistics.totals} />
    </>
  );
}

function summary(days: Day[], totals: Totals): string {
  return `Bar chart of ${days.length} days: ${count(totals.sent ?? 0)} sent, ${count(totals.removed ?? 0)} removed, ${count(totals.errors_total ?? 0)} errors. The same numbers are in the table below.`;
}

function Numbers({ totals, last }: { totals: Totals; last: string | null }) {
  return (
    <dl class="numbers">
      <div>
        <dt>Sent</dt>
        <dd class="sent">{count(totals.sent ?? 0)}</dd>
      </div>
      <div>
        <dt>Removed</dt>
        <dd class="removed">{count(totals.removed ?? 0)}</dd>
      </div>
      <div>
        <dt>Errors</dt>
        <dd class="errors">{count(totals.errors_total ?? 0)}</dd>
      </div>
      <div>
        <dt>Error rate</dt>
        <dd>{totals.error_rate == null ? "—" : percent(totals.error_rate)}</dd>
      </div>
      <div>
        <dt>Failed attempts</dt>
        <dd>{count(totals.failed_attempts_total ?? 0)}</dd>
      </div>
      <div>
        <dt>Last delivery</dt>
        <dd class="small-number">
          <Time at={last} />
        </dd>
      </div>
    </dl>
  );
}

function Legend({ totals }: { totals: Totals }) {
  const numberOf = (name: OutcomeName) => (name === "sent" || name === "removed" ? (totals[name] ?? 0) : (totals.errors?.[name] ?? 0));
  return (
    <ul class="legend">
      {OUTCOMES.map(({ name, label }) => (
        <li key={name}>
          <span class={`swatch ${name}`} aria-hidden="true" /> {label} <strong>{count(numberOf(name))}</strong>
        </li>
      ))}
    </ul>
  );
}

function Skipped({ totals }: { totals: Totals }) {
  const reasons = Object.entries(totals.skipped ?? {}).filter(([, number]) => number > 0);
  if (reasons.length === 0) return null;
  return (
    <div class="skipped">
      <h3>Skipped on purpose: {count(totals.skipped_total ?? 0)}</h3>
      <p class="quiet">{reasons.map(([reason, number]) => `${words(reason)} ${count(number)}`).join(" · ")}</p>
    </div>
  );
}
