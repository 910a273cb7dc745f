/** Each delivery on a line of its own, stage after stage; records that no delivery came from are above them. */
import { useActions } from "../../api/queries";
import type { Delivery, Trace, TraceStep } from "../../api/types";
import { SKIP_REASONS } from "../../chart/skip-reasons";
import { useConnectorNames } from "../../names";
import { outcomeLabel } from "../../outcomes";
import { setQueryParameters } from "../../routing/location";
import { words } from "../../ui/format";
import { Time } from "../../ui/time";
import { OutcomeWord } from "../deliveries/delivery-table";

const STAGES: Record<TraceStep["stage"], string> = {
  received: "Received",
  refused: "Record refused",
  attempted: "Attempted",
  ended: "Ended",
  dead_letter: "Became a dead letter",
};

export function Stages({ trace }: { trace: Trace }) {
  const byDelivery = new Map<string, TraceStep[]>();
  for (const step of trace.steps) {
    const key = step.delivery_id ?? "";
    byDelivery.set(key, [...(byDelivery.get(key) ?? []), step]);
  }
  return (
    <>
      {[...byDelivery].map(([id, steps]) => (
        <DeliveryStages key={id} steps={steps} delivery={trace.deliveries.find((one) => one.delivery_id === id)} />
      ))}
    </>
  );
}

function DeliveryStages({ steps, delivery }: { steps: TraceStep[]; delivery: Delivery | undefined }) {
  const nameOf = useConnectorNames();
  const first = steps[0];
  return (
    <article class="panel staged">
      <h3>
        {first?.connector_id ? <a href={`/connectors/${first.connector_id}`}>{nameOf(first.connector_id)}</a> : "Events"}
        {first?.connector_id && first.action_id && " · "}
        {first?.connector_id && first.action_id && <ActionName connectorId={first.connector_id} actionId={first.action_id} />}
        {delivery && (
          <>
            {" "}
            <span class="quiet">{delivery.change}</span> <OutcomeWord delivery={delivery} />
          </>
        )}
      </h3>
      <ol class="stages">
        {delivery && (
          <li class="passed">
            <strong>Received</strong>
            <span class="quiet">
              partition {delivery.partition}, offset {delivery.offset}
            </span>
          </li>
        )}
        {delivery && (
          <li class="passed">
            <strong>Rendered</strong>
            <a href={`/actions/${delivery.action_id}`}>version {delivery.config_version}</a>
          </li>
        )}
        {steps.map((step, index) => (
          <StageShown key={`${step.stage}/${step.id}/${index}`} step={step} />
        ))}
      </ol>
    </article>
  );
}

function ActionName({ connectorId, actionId }: { connectorId: string; actionId: string }) {
  const action = useActions(connectorId).data?.find((one) => one.id === actionId);
  return <a href={`/actions/${actionId}`}>{action?.name ?? actionId}</a>;
}

function StageShown({ step }: { step: TraceStep }) {
  const said = [step.http_status && `HTTP ${step.http_status}`, step.partner_code !== String(step.http_status) && step.partner_code, step.reason && words(step.reason)].filter(Boolean).join(" · ");
  const show = () => setQueryParameters({ delivery: step.delivery_id ?? "" });
  return (
    <li class={step.stage === "received" ? "passed" : (step.outcome ?? "other_error")}>
      <strong>
        {STAGES[step.stage]}
        {step.run > 0 && `, replay ${step.run}`}
      </strong>
      <span>
        {step.outcome && words(outcomeLabel(step.outcome))} <span class="quiet">{said}</span>
      </span>
      {step.outcome === "skipped" && step.reason && <span class="quiet">{SKIP_REASONS[step.reason]}</span>}
      {step.detail && <span class="quiet said">{step.detail}</span>}
      <span class="quiet">
        <Time at={step.at} />
      </span>
      {step.next_attempt_at && (
        <span class="waiting">
          again <Time at={step.next_attempt_at} />
        </span>
      )}
      {step.stage === "attempted" && (
        <button type="button" class="link" onClick={show}>
          Request and response
        </button>
      )}
      {step.stage === "dead_letter" && <a href={`/dead-letters?letter=${step.id}`}>Open it</a>}
    </li>
  );
}
