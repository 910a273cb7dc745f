/** Reuse an action's configuration for another thing that its connector can do; what is lost is shown first. */
import { useState } from "preact/hooks";
import { api, ifMatch, told } from "../../api/client";
import { invalidate } from "../../api/query";
import type { Action, ActionType, ConnectorType } from "../../api/types";
import { fieldsOf } from "../../forms/schema";
import type { Values } from "../../forms/schema-form";
import { Dialog } from "../../ui/dialog";
import { complain, say } from "../../ui/toasts";
import { mappedFields } from "./action-form";

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

function ChangeTypeDialog({ action, others, close }: { action: Action; others: ActionType[]; close: () => void }) {
  const [chosen, setChosen] = useState(others[0]?.key ?? "");
  const type = others.find((one) => one.key === chosen);
  if (type === undefined) return null;
  const carried = carryOver(action, type);
  const submit = async (event: Event) => {
    event.preventDefault();
    const { fields, mapping } = carried;
    try {
      const params = { path: { action_id: action.id }, header: ifMatch(action.row_version) };
      await told(api.PATCH("/v1/actions/{action_id}", { params, body: { type: type.key, fields, mapping } }));
      say(`The action is now of the type ${type.label}`);
      await invalidate("actions", "connectors");
      close();
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Dialog title="Change the type of the action" close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <div class="dialog-body">
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
          <p>{type.description}</p>
          <dl class="pairs">
            <dt>Carries over</dt>
            <dd>{named(carried.kept)}</dd>
            <dt>Is dropped</dt>
            <dd>{named(carried.dropped)}</dd>
            <dt>Is missing</dt>
            <dd>{named(carried.missing)}</dd>
          </dl>
        </div>
        <footer>
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Change type
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function named(names: string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}

/** What of the action the new type can hold, by the names of fields. */
function carryOver(action: Action, type: ActionType) {
  const constant = fieldsOf(type.fields);
  const mapped = mappedFields(type);
  const [fields, mapping] = [pick(action.fields as Values, constant), pick(action.mapping as Values, mapped)];
  const given = { ...(action.fields as Values), ...(action.mapping as Values) };
  const kept = { ...fields, ...mapping };
  return {
    fields,
    mapping: { ...(type.mapping as Values), ...mapping },
    kept: Object.keys(kept),
    dropped: Object.keys(given).filter((name) => !(name in kept)),
    missing: constant.filter((field) => field.isRequired && !(field.name in kept)).map((field) => field.title),
  };
}

function pick(values: Values, fields: { name: string }[]): Values {
  const names = new Set(fields.map((field) => field.name));
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}
