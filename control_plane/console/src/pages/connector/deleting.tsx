import { api, ifMatch, told } from "../../api/client";
import { invalidate } from "../../api/query";
import type { Action, Connector, Use } from "../../api/types";
import { UseList } from "../../use-list";
import { ask, tell } from "../../ui/dialog";

/** Deletes it when nothing uses it and the name was typed; otherwise says where it has to be removed first. */
export async function deleteConnector(connector: Connector): Promise<boolean> {
  const path = { connector_id: connector.id };
  const uses = await told(api.GET("/v1/connectors/{connector_id}/uses", { params: { path } }));
  if (uses.length > 0) return explain("connector", uses);
  const isSure = await ask({
    title: `Delete ${connector.name}?`,
    body: <p>Its actions, versions and secrets go with it. This cannot be undone.</p>,
    confirm: "Delete the connector",
    danger: true,
    typed: connector.name,
  });
  if (!isSure) return false;
  await told(api.DELETE("/v1/connectors/{connector_id}", { params: { path, header: ifMatch(connector.row_version) } }));
  await invalidate("connectors");
  return true;
}

export async function deleteAction(action: Action): Promise<boolean> {
  const path = { action_id: action.id };
  const uses = await told(api.GET("/v1/actions/{action_id}/uses", { params: { path } }));
  if (uses.length > 0) return explain("action", uses);
  const isSure = await ask({
    title: `Delete ${action.name}?`,
    body: <p>It is removed from the draft at once, and from what the workers know when the connector is published.</p>,
    confirm: "Delete the action",
    danger: true,
    typed: action.name,
  });
  if (!isSure) return false;
  await told(api.DELETE("/v1/actions/{action_id}", { params: { path, header: ifMatch(action.row_version) } }));
  await invalidate("connectors", "actions");
  return true;
}

async function explain(what: "connector" | "action", uses: Use[]): Promise<boolean> {
  await tell({
    title: `This ${what} is in use`,
    body: (
      <>
        <p>Remove it from each of these, and publish them, before you delete it. To stop sending at once, deactivate it.</p>
        <UseList uses={uses} />
      </>
    ),
    confirm: "All right",
  });
  return false;
}
