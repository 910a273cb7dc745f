/** How far deliveries came: received, filtered, rendered, sent or failed, each a way to the ones it counts. */
import type { ComponentChildren } from "preact";
import { usePipeline } from "../api/queries";
import type { Pipeline } from "../api/types";
import { ERROR_CLASSES, outcomeLabel } from "../outcomes";
import { count, percent, words } from "../ui/format";
import { Shown } from "../ui/shown";
import { SKIP_REASONS } from "./skip-reasons";
import { useWindow } from "./window";

interface Props {
  connectorId: string;
  actionId?: string;
}

export function PipelinePanel({ connectorId, actionId }: Props) {
  const [window] = useWindow();
  const pipeline = usePipeline({ window, connectorId, actionId });
  const places = placesOf(connectorId, actionId, window);
  return (
    <section class="panel" aria-labelledby="pipeline">
      <h2 id="pipeline">How far deliveries came</h2>
      <Shown query={pipeline} rows={3}>
        {(data) => (data.received === 0 ? <p class="quiet">Nothing was received for it in these days.</p> : <Stages pipeline={data} places={places} />)}
      </Shown>
    </section>
  );
}

type Places = ReturnType<typeof placesOf>;

function placesOf(connectorId: string, actionId: string | undefined, window: string) {
  const action = actionId === undefined ? "" : `&action=${actionId}`;
  return {
    deliveries: `/deliveries?connector=${connectorId}${action}`,
    errors: `/connectors/${connectorId}?tab=errors&window=${window}${action}`,
    letters: `/dead-letters?connector=${connectorId}`,
    uses: `/connectors/${connectorId}?tab=uses`,
  };
}

function Stages({ pipeline, places }: { pipeline: Pipeline; places: Places }) {
  const { received, filtered, not_rendered, rendered, sent, removed, failed, waiting } = pipeline;
  return (
    <ol class="pipeline">
      <Stage label="Received" total={received} of={received} href={places.uses}>
        <p class="quiet">planned from events of what uses it</p>
      </Stage>
      <Stage label="Filtered" total={sum(filtered)} of={received} tone="muted">
        <Reasons counts={filtered} />
      </Stage>
      <Stage label="Rendered" total={rendered} of={received} href={places.deliveries}>
        {sum(not_rendered) > 0 && (
          <ul class="reasons">
            {Object.entries(not_rendered).map(([reason, number]) => (
              <li key={reason}>
                <a href={`${places.letters}&reason=${reason}`}>{words(reason)}</a> <strong>{count(number)}</strong>
              </li>
            ))}
          </ul>
        )}
      </Stage>
      <Stage label="Delivered" total={sent + removed} of={received} tone="good">
        <ul class="reasons">
          <Counted label="Sent" name="sent" number={sent} href={`${places.deliveries}&outcome=sent`} />
          <Counted label="Removed" name="removed" number={removed} href={`${places.deliveries}&outcome=removed`} />
        </ul>
      </Stage>
      <Stage label="Failed" total={sum(failed)} of={received} tone="bad" href={places.errors}>
        <ul class="reasons">
          {ERROR_CLASSES.filter((name) => failed[name]).map((name) => (
            <Counted key={name} label={outcomeLabel(name)} name={name} number={failed[name] ?? 0} href={`${places.errors}&outcome=${name}`} />
          ))}
        </ul>
      </Stage>
      <Stage label="Waiting" total={waiting} of={received} tone="warn" href={`${places.deliveries}&waiting=1`}>
        <p class="quiet">{waiting === null ? "told for the whole connector" : `now; ${count(pipeline.failed_attempts)} failed attempts`}</p>
      </Stage>
    </ol>
  );
}

interface StageProps {
  label: string;
  total: number | null;
  of: number;
  tone?: string;
  href?: string;
  children: ComponentChildren;
}

function Stage({ label, total, of, tone = "info", href, children }: StageProps) {
  const share = total === null || of === 0 ? 0 : total / of;
  return (
    <li class={`stage ${tone}`}>
      <h3>{href && total ? <a href={href}>{label}</a> : label}</h3>
      <p class="stage-number">
        {total === null ? "—" : count(total)} {total !== null && label !== "Received" && <span class="quiet">{percent(share)}</span>}
      </p>
      <div class="share" aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </div>
      {children}
    </li>
  );
}

function Counted({ label, name, number, href }: { label: string; name: string; number: number; href: string }) {
  return (
    <li>
      <span class={`swatch ${name}`} aria-hidden="true" /> {number > 0 ? <a href={href}>{label}</a> : label} <strong>{count(number)}</strong>
    </li>
  );
}

/** Why nothing was sent on purpose; each reason opens to what it means and what can be done. */
function Reasons({ counts }: { counts: Record<string, number> }) {
  const reasons = Object.entries(counts).sort((one, other) => other[1] - one[1]);
  if (reasons.length === 0) return <p class="quiet">nothing was held back</p>;
  return (
    <ul class="reasons">
      {reasons.map(([reason, number]) => (
        <li key={reason}>
          <details>
            <summary>
              {words(reason)} <strong>{count(number)}</strong>
            </summary>
            <p class="quiet">{SKIP_REASONS[reason] ?? "Skipped on purpose."}</p>
          </details>
        </li>
      ))}
    </ul>
  );
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, number) => total + number, 0);
}
