/** Reuse an action's configuration for another thing that its connector can do; what is lost is shown first. */
import { useState } from "preact/hooks";
import { api, ifMatch, told } from "../../api/client";
import { invalidate, useQuery } from "../../api/query";
import type { Action, ActionType, ConnectorType, TypeChange } from "../../api/types";
import { FormDialog } from "../../ui/form-dialog";
import { Shown } from "../../ui/shown";
import { complain, say } from "../../ui/toasts";

export function ChangeType({ action, connectorType, isDirty }: { action: Action; connectorType: ConnectorType; isDirty: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const others = connectorType.action_types.filter((type) => type.key !== action.type);
  if (others.length === 0) return null;
  return (
    <>
      <button type="button" disabled={isDirty} title={isDirty ? "Save first." : undefined} onClick={() => setOpen(true)}>
        Change type…
      </button>
      {isOpen && <ChangeTypeDialog action={action} others={others} close={() => setOpen(false)} />}
    </>
  );
}

function changeType(action: Action, type: string, dryRun: boolean): Promise<TypeChange> {
  const params = { path: { action_id: action.id }, header: ifMatch(action.row_version) };
  return told(api.POST("/v1/actions/{action_id}/change-type", { params, body: { type, dry_run: dryRun } }));
}

function ChangeTypeDialog({ action, others, close }: { action: Action; others: ActionType[]; close: () => void }) {
  const [chosen, setChosen] = useState(others[0]?.key ?? "");
  const plan = useQuery(`type-changes/${action.id}/${action.row_version}/${chosen}`, () => changeType(action, chosen, true));
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await changeType(action, chosen, false);
      say("The type of the action is changed", "It is in force when the connector is published.");
      await invalidate("actions", "connectors");
      close();
    } catch (error) {
      complain(error);
    }
  };
  return (
    <FormDialog title="Change the type of the action" close={close} submit={submit} confirm="Change type" disabled={plan.data === undefined}>
      <label class="field">
        <span class="field-label">New type</span>
        <select value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
          {others.map((one) => (
            <option key={one.key} value={one.key}>
              {one.label}
            </option>
          ))}
        </select>
      </label>
      <Shown query={plan}>{(data) => <WhatBecomes change={data} />}</Shown>
    </FormDialog>
  );
}

function WhatBecomes({ change }: { change: TypeChange }) {
  return (
    <>
      <dl class="pairs">
        <dt>Carries over</dt>
        <dd>{named(change.carried)}</dd>
        <dt>Takes its default</dt>
        <dd>{named(change.defaulted)}</dd>
        <dt>Is dropped</dt>
        <dd>{named(change.dropped.map((one) => `${one.pointer} (${one.why})`))}</dd>
        <dt>Is missing</dt>
        <dd>{named(change.missing.map((fault) => `${fault.pointer}: ${fault.detail}`))}</dd>
      </dl>
      {change.warnings.map((warning) => (
        <p key={warning.code} class="note warn">
          {warning.detail}
        </p>
      ))}
    </>
  );
}

function named(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}
