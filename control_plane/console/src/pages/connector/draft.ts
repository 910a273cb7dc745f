import { allPages, api, told } from "../../api/client";

/** The draft of a connector with its actions, in the shape in which a published version shows it. */
export async function readDraft(id: string): Promise<unknown> {
  const path = { connector_id: id };
  const [connector, actions] = await Promise.all([
    told(api.GET("/v1/connectors/{connector_id}", { params: { path } })),
    allPages((cursor) => told(api.GET("/v1/connectors/{connector_id}/actions", { params: { path, query: { limit: 500, cursor } } }))),
  ]);
  return {
    type: connector.type,
    name: connector.name,
    settings: connector.settings,
    identifiers: connector.identifiers,
    limits: connector.limits,
    secrets: Object.keys(connector.secrets).sort(),
    actions: actions.map(({ id, type, name, fields, mapping, consent }) => ({ id, type, name, fields, mapping, consent })),
  };
}
