/** Operational state: at once, without a publication. */
import { api, told } from "../../api/client";
import type { Action, Connector } from "../../api/types";

export type ConnectorSwitch = "activate" | "deactivate" | "pause" | "resume";

export function switchConnector(id: string, to: ConnectorSwitch): Promise<Connector> {
  return told(api.PUT(`/v1/connectors/{connector_id}/${to}`, { params: { path: { connector_id: id } } }));
}

export function switchAction(id: string, to: "activate" | "deactivate"): Promise<Action> {
  return told(api.PUT(`/v1/actions/{action_id}/${to}`, { params: { path: { action_id: id } } }));
}
