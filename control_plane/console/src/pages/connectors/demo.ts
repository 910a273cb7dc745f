/** A whole connector to look around with: a webhook to a partner that accepts everything, fed by a demo audience. */
import { api, idempotencyKey, told } from "../../api/client";
import { useQuery } from "../../api/query";
import { switchAction, switchConnector } from "../connector/switching";

export const DEMO_SOURCE = "demo";
const NAME = "Demo: echo";

export const useDemoSink = () => useQuery("demo-sink", () => told(api.GET("/v1/demo-sink")));

/** The id of the connector, when everything is published and on. */
export async function makeDemo(sinkUrl: string): Promise<string> {
  const params = { header: idempotencyKey() };
  const connector = await told(api.POST("/v1/connectors", { params, body: { type: "webhook", name: NAME, settings: { url: sinkUrl }, limits: {}, labels: ["demo"] } }));
  const path = { connector_id: connector.id };
  const body = { type: "send_event", name: "Tell the echo" };
  const action = await told(api.POST("/v1/connectors/{connector_id}/actions", { params: { path, header: idempotencyKey() }, body }));
  await told(api.POST("/v1/connectors/{connector_id}/publish", { params: { path }, body: { note: "Demo" } }));
  await switchConnector(connector.id, "activate");
  await switchAction(action.id, "activate");
  await makeAudience(action.id);
  return connector.id;
}

async function makeAudience(actionId: string): Promise<void> {
  const body = { name: "Demo audience", source_id: DEMO_SOURCE, activations: [{ action_id: actionId, on: ["joined" as const, "left" as const] }] };
  const audience = await told(api.POST("/v1/audiences", { params: { header: idempotencyKey() }, body }));
  await told(api.POST("/v1/audiences/{audience_id}/publish", { params: { path: { audience_id: audience.id } }, body: { note: "Demo" } }));
}

/** The command that makes a profile join the demo audience. */
export function joinCommand(workspace: string): string {
  const event = {
    v: 1,
    workspace,
    profile_id: "ada",
    kind: "membership",
    source: { kind: "audience", id: DEMO_SOURCE },
    change: "joined",
    occurred_at: new Date().toISOString(),
    identifiers: { email: "ada@example.org" },
    attributes: { first_name: "Ada" },
  };
  return `echo '${JSON.stringify(event)}' | .venv/bin/patchbay send -`;
}
