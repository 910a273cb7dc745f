/** Which actions a source runs, and on which change. */
import { useState } from "preact/hooks";
import { useActions, useConnectors } from "../../api/queries";
import type { Activation, Change, Connector, Fault } from "../../api/types";
import { StatusChip, statusOf } from "../../connector-status";
import { faultsAt } from "../../forms/schema-form";
import { useConnectorNames } from "../../names";
import { Icon } from "../../ui/icons";
import { type EditedSource, KINDS, type SourceKind } from "./kinds";

interface Props {
  kind: SourceKind;
  edited: EditedSource;
  change: (activations: Activation[]) => void;
  faults: readonly Fault[];
  readOnly: boolean;
}

export function Activations({ kind, edited, change, faults, readOnly }: Props) {
  const connectors = useConnectors().data ?? [];
  const replace = (index: number, part: Partial<Activation>) =>
    change(edited.activations.map((one, at) => (at === index ? { ...one, ...part } : one)));
  return (
    <section class="panel">
      <h2>Actions that run</h2>
      {edited.activations.length === 0 && <p class="quiet">No action is attached. {KINDS[kind].about}</p>}
      <ul class="activations">
        {edited.activations.map((activation, index) => (
          <ActivationRow
            key={`${activation.action_id}/${index}`}
            kind={kind}
            activation={activation}
            steps={edited.steps}
            connector={connectors.find((one) => one.id === activation.connector_id)}
            faults={faultsAt(faults, `/activations/${index}`)}
            change={(part) => replace(index, part)}
            remove={() => change(edited.activations.filter((_, at) => at !== index))}
            readOnly={readOnly}
          />
        ))}
      </ul>
      {faults
        .filter((fault) => fault.pointer === "/activations")
        .map((fault) => (
          <p key={fault.code} class="field-faults">
            {fault.detail}
          </p>
        ))}
      {!readOnly && <Attach connectors={connectors} attach={(connector, action, on) => change([...edited.activations, { connector_id: connector, action_id: action, on, step: null }])} changes={KINDS[kind].changes} />}
    </section>
  );
}

interface RowProps {
  kind: SourceKind;
  activation: Activation;
  steps: EditedSource["steps"];
  connector: Connector | undefined;
  faults: readonly Fault[];
  change: (part: Partial<Activation>) => void;
  remove: () => void;
  readOnly: boolean;
}

function ActivationRow({ kind, activation, steps, connector, faults, change, remove, readOnly }: RowProps) {
  const actions = useActions(activation.connector_id).data;
  const action = actions?.find((one) => one.id === activation.action_id);
  const nameOf = useConnectorNames();
  const changes = KINDS[kind].changes;
  const toggle = (one: Change) => change({ on: changes.filter((other) => (other === one ? !activation.on.includes(one) : activation.on.includes(other))) });
  return (
    <li>
      <div class="activation-name">
        <a href={`/actions/${activation.action_id}`}>{action?.name ?? (actions === undefined ? "…" : activation.action_id)}</a>
        <span class="quiet">
          <a href={`/connectors/${activation.connector_id}`}>{nameOf(activation.connector_id)}</a>
        </span>
        {connector && <StatusChip name={statusOf(connector, null)} />}
        {action && !action.sends && <span class="chip muted">{connector?.active === false ? "off because connector is off" : "does not send now"}</span>}
      </div>
      {changes.length > 1 && (
        <div class="choices" role="group" aria-label={`Changes that trigger ${action?.name ?? "the action"}`}>
          {changes.map((one) => (
            <label key={one}>
              <input type="checkbox" disabled={readOnly || (action !== undefined && !action.on.includes(one))} checked={activation.on.includes(one)} onChange={() => toggle(one)} /> {one}
            </label>
          ))}
        </div>
      )}
      {kind === "journeys" && (
        <select aria-label="Step" disabled={readOnly} value={activation.step ?? ""} onChange={(event) => change({ step: event.currentTarget.value || null })}>
          <option value="">Every step</option>
          {steps.map((step) => (
            <option key={step.id} value={step.id}>
              {step.name || step.id}
            </option>
          ))}
        </select>
      )}
      {!readOnly && (
        <button type="button" class="icon-button" aria-label={`Remove ${action?.name ?? "action"}`} onClick={remove}>
          <Icon name="close" />
        </button>
      )}
      {faults.map((fault) => (
        <p key={fault.pointer + fault.code} class="field-faults">
          {fault.detail}
        </p>
      ))}
    </li>
  );
}

interface AttachProps {
  connectors: Connector[];
  changes: Change[];
  attach: (connectorId: string, actionId: string, on: Change[]) => void;
}

function Attach({ connectors, changes, attach }: AttachProps) {
  const [connectorId, setConnectorId] = useState("");
  return (
    <div class="toolbar">
      <select aria-label="Connector" value={connectorId} onChange={(event) => setConnectorId(event.currentTarget.value)}>
        <option value="">Choose a connector…</option>
        {connectors.map((connector) => (
          <option key={connector.id} value={connector.id}>
            {connector.name}
          </option>
        ))}
      </select>
      {connectorId && (
        <ActionChoice
          key={connectorId}
          connectorId={connectorId}
          changes={changes}
          choose={(action, on) => {
            attach(connectorId, action, on);
            setConnectorId("");
          }}
        />
      )}
    </div>
  );
}

interface ChoiceProps {
  connectorId: string;
  changes: Change[];
  choose: (actionId: string, on: Change[]) => void;
}

function ActionChoice({ connectorId, changes, choose }: ChoiceProps) {
  const actions = useActions(connectorId).data;
  const fitting = actions?.filter((action) => changes.some((one) => action.on.includes(one)));
  if (fitting?.length === 0) {
    return (
      <p class="quiet">
        It has no action for this. <a href={`/connectors/${connectorId}/new-action`}>Add one</a>
      </p>
    );
  }
  const chosen = (id: string) => {
    const action = fitting?.find((one) => one.id === id);
    if (action) choose(id, changes.filter((one) => action.on.includes(one)));
  };
  return (
    <select aria-label="Action" value="" onChange={(event) => chosen(event.currentTarget.value)}>
      <option value="">Choose an action…</option>
      {fitting?.map((action) => (
        <option key={action.id} value={action.id}>
          {action.name}
        </option>
      ))}
    </select>
  );
}
