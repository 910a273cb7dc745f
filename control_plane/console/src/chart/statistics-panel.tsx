/** Totals, the chart, its legend and its table, for a connector or one of its actions. */
import { useEffect } from "preact/hooks";
import { useLiveCounts } from "../api/live";
import { useStatistics } from "../api/queries";
import { invalidate } from "../api/query";
import type { Day, Statistics, Totals } from "../api/types";
import { countOf, OUTCOMES, type OutcomeName } from "../outcomes";
import { navigate } from "../routing/location";
import { count, dayStart, milliseconds, percent, timeZone } from "../ui/format";
import { Icon } from "../ui/icons";
import { Shown } from "../ui/shown";
import { Time } from "../ui/time";
import { DayTable, type PlaceOf } from "./day-table";
import { OutcomeChart } from "./lazy";
import { PipelinePanel } from "./pipeline-panel";
import { StaleBadge } from "./stale-badge";
import { useWindow, WindowToggle } from "./window";

const LIVE_DAYS = 7;

interface Props {
  connectorId: string;
  actionId?: string;
}

export function StatisticsPanel({ connectorId, actionId }: Props) {
  const [window] = useWindow();
  const statistics = useStatistics({ window, connectorId, actionId });
  useFreshAsItHappens(connectorId, window);
  const placeOf = (date: string, outcome: OutcomeName) => behindBar({ connectorId, actionId, window, date, outcome });
  return (
    <>
      <section class="panel">
        <div class="panel-head">
          <h2>What became of deliveries</h2>
          <div class="buttons">
            <DownloadLink connectorId={connectorId} actionId={actionId} />
            <WindowToggle />
          </div>
        </div>
        <StaleBadge />
        <Shown query={statistics} rows={7}>
          {(data) => <Counted statistics={data} actionId={actionId} placeOf={placeOf} />}
        </Shown>
      </section>
      <PipelinePanel connectorId={connectorId} actionId={actionId} />
    </>
  );
}

/** The figures are read again as soon as the server says that the connector's have changed. */
function useFreshAsItHappens(connectorId: string, window: string): void {
  const counts = useLiveCounts(LIVE_DAYS)?.counts.get(connectorId);
  const state = counts && Object.values(counts).join();
  useEffect(() => {
    if (state !== undefined) void invalidate(`statistics/${window}/${connectorId}`, `statistics/pipeline/${window}/${connectorId}`);
  }, [state]);
}

interface Bar extends Props {
  window: string;
  date: string;
  outcome: OutcomeName;
}

/** Errors are all kept, one by one; of what went well there are samples among the deliveries. */
function behindBar({ connectorId, actionId, window, date, outcome }: Bar): string {
  const action: Record<string, string> = actionId === undefined ? {} : { action: actionId };
  if (outcome !== "sent" && outcome !== "removed") {
    return `/connectors/${connectorId}?${new URLSearchParams({ tab: "errors", window, day: date, outcome, ...action })}`;
  }
  const times = { since: dayStart(date), until: dayStart(date, 1) };
  return `/deliveries?${new URLSearchParams({ connector: connectorId, outcome, ...action, ...times })}`;
}

function DownloadLink({ connectorId, actionId }: { connectorId: string; actionId?: string }) {
  const [window] = useWindow();
  const query = new URLSearchParams({ window, time_zone: timeZone, connector_id: connectorId, bom: "true" });
  if (actionId !== undefined) query.set("action_id", actionId);
  return (
    <a class="button" href={`/v1/statistics.csv?${query}`} download={`statistics-${actionId ?? connectorId}-${window}.csv`}>
      <Icon name="download" /> Download CSV
    </a>
  );
}

function Counted({ statistics, actionId, placeOf }: { statistics: Statistics; actionId?: string; placeOf: PlaceOf }) {
  const connector = statistics.connectors[0];
  const own = actionId === undefined ? connector : connector?.actions.find((action) => action.action_id === actionId);
  return (
    <>
      <Numbers totals={statistics.totals} last={own?.last_delivery_at ?? null} latency={statistics.latency} />
      <OutcomeChart days={statistics.by_day} label={summary(statistics.by_day, statistics.totals)} choose={(date, outcome) => void navigate(placeOf(date, outcome))} />
      <Legend totals={statistics.totals} />
      <p class="quiet small-print">
        Days of {timeZone}. Hatched: today so far. Shaded: no data. A bar, and each number in the table, leads to what it counts.
      </p>
      <DayTable days={statistics.by_day} placeOf={placeOf} />
    </>
  );
}

function summary(days: Day[], totals: Totals): string {
  return `Bar chart of ${days.length} days: ${count(totals.sent ?? 0)} sent, ${count(totals.removed ?? 0)} removed, ${count(totals.errors_total ?? 0)} errors. The same numbers are in the table below.`;
}

function Numbers({ totals, last, latency }: { totals: Totals; last: string | null; latency: Statistics["latency"] }) {
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
      {latency?.attempt && (
        <div class="wide-number" title={`99 of 100 within ${milliseconds(latency.attempt.p99_ms)}, of ${count(latency.attempt.count)} exchanges`}>
          <dt>Answer, p50 / p95</dt>
          <dd class="small-number">
            {milliseconds(latency.attempt.p50_ms)} / {milliseconds(latency.attempt.p95_ms)}
          </dd>
        </div>
      )}
      {latency?.end_to_end && (
        <div class="wide-number" title={`From the event's arrival on, of ${count(latency.end_to_end.count)} deliveries`}>
          <dt>End to end, p50 / p95</dt>
          <dd class="small-number">
            {milliseconds(latency.end_to_end.p50_ms)} / {milliseconds(latency.end_to_end.p95_ms)}
          </dd>
        </div>
      )}
      <div class="wide-number">
        <dt>Last delivery</dt>
        <dd class="small-number">
          <Time at={last} />
        </dd>
      </div>
    </dl>
  );
}

function Legend({ totals }: { totals: Totals }) {
  return (
    <ul class="legend">
      {OUTCOMES.map(({ name, label }) => (
        <li key={name}>
          <span class={`swatch ${name}`} aria-hidden="true" /> {label} <strong>{count(countOf(totals, name))}</strong>
        </li>
      ))}
    </ul>
  );
}
