import { useState } from "preact/hooks";
import { useActions, useConnectorStatus, useStatistics } from "../../api/queries";
import { invalidate } from "../../api/query";
import type { Action, Connector, ConnectorStatus } from "../../api/types";
import { count } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Empty } from "../../ui/page";
import { useMay } from "../../ui/permission";
import { Shown } from "../../ui/shown";
import { Time } from "../../ui/time";
import { complain, say } from "../../ui/toasts";
import { ActionSelection } from "./action-selection";
import { switchAction } from "./switching";

export function ActionsTab({ connector }: { connector: Connector }) {
  const actions = useActions(connector.id);
  const mayEdit = useMay("editor");
  const add = mayEdit && (
    <a class="button primary" href={`/connectors/${connector.id}/new-action`}>
      <Icon name="plus" /> New action
    </a>
  );
  return (
    <Shown query={actions}>
      {(data) =>
        data.length === 0 ? (
          <Empty title="No actions yet">
            <p>An action is one thing this connector does: keep a list in step, send a request.</p>
            {add}
          </Empty>
        ) : (
          <>
            <div class="toolbar end">{add}</div>
            <ActionTable connector={connector} actions={data} mayEdit={mayEdit} />
          </>
        )
      }
    </Shown>
  );
}

function ActionTable({ connector, actions, mayEdit }: { connector: Connector; actions: Action[]; mayEdit: boolean }) {
  const status = useConnectorStatus(connector.id).data;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const statistics = useStatistics({ window: "7d", connectorId: connector.id }).data?.connectors[0];
  const toggle = (id: string) => setChosen(new Set(chosen.has(id) ? [...chosen].filter((one) => one !== id) : [...chosen, id]));
  return (
    <div class="table-frame">
      {mayEdit && <ActionSelection chosen={chosen} clear={() => setChosen(new Set())} />}
      <table class="rows">
        <thead>
          <tr>
            {mayEdit && (
              <th class="narrow">
                <span class="visually-hidden">Chosen</span>
              </th>
            )}
            <th>Action</th>
            <th>State</th>
            <th class="numeric">Sent</th>
            <th class="numeric">Removed</th>
            <th class="numeric">Errors</th>
            <th>Last delivery</th>
            {mayEdit && <th>Switch</th>}
          </tr>
        </thead>
        <tbody>
          {actions.map((action) => {
            const counted = statistics?.actions.find((one) => one.action_id === action.id);
            return (
              <tr key={action.id}>
                {mayEdit && (
                  <td class="narrow">
                    <input type="checkbox" aria-label={`Choose ${action.name}`} checked={chosen.has(action.id)} onChange={() => toggle(action.id)} />
                  </td>
                )}
                <td class="main-cell">
                  <div>
                    <a href={`/actions/${action.id}`}>{action.name}</a>
                    <span class="quiet">
                      {action.type_label} · on {action.on.join(", ")}
                    </span>
                  </div>
                </td>
                <td class="chips">
                  <ActionState action={action} status={status} />
                </td>
                <td class="numeric" data-label="Sent">{count(counted?.totals.sent ?? 0)}</td>
                <td class="numeric" data-label="Removed">{count(counted?.totals.removed ?? 0)}</td>
                <td class="numeric" data-label="Errors">{count(counted?.totals.errors_total ?? 0)}</td>
                <td data-label="Last delivery">
                  <Time at={counted?.last_delivery_at} />
                </td>
                {mayEdit && (
                  <td>
                    <ActionSwitch action={action} connector={connector} />
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function ActionState({ action, status }: { action: Action; status: ConnectorStatus | undefined }) {
  const trace = status?.actions.find((one) => one.id === action.id)?.trace;
  return (
    <>
      <span class={`chip ${action.sends ? "good" : "muted"}`}>
        <Icon name={action.sends ? "active" : "off"} />
        {stateWord(action, status)}
      </span>
      {trace && !action.sends && <span class="quiet">{trace}</span>}
    </>
  );
}

/** What is off because its connector is off says so: it comes back with the connector. */
function stateWord(action: Action, status: ConnectorStatus | undefined): string {
  if (action.sends) return "Sends";
  if (!action.active) return "Deactivated";
  return status?.status === "deactivated" ? "Off because connector is off" : "Does not send";
}

export function ActionSwitch({ action, connector }: { action: Action; connector: Connector }) {
  const [isBusy, setBusy] = useState(false);
  const isBlocked = !action.active && (!connector.active || !action.published);
  const turn = async () => {
    setBusy(true);
    try {
      await switchAction(action.id, action.active ? "deactivate" : "activate");
      say(`${action.name} ${action.active ? "deactivated" : "activated"}`);
      await invalidate("connectors", "actions");
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  return (
    <button type="button" class="small" disabled={isBusy || isBlocked} title={isBlocked ? blockedBecause(action) : undefined} onClick={() => void turn()}>
      {action.active ? "Deactivate" : "Activate"}
      <span class="visually-hidden"> {action.name}</span>
    </button>
  );
}

function blockedBecause(action: Action): string {
  return action.published ? "Activate the connector first." : "Publish the connector first.";
}
