/** Reading and writing custom connector types. */
import { allPages, api, idempotencyKey, ifMatch, told } from "../../api/client";
import { useQuery } from "../../api/query";
import type { CustomType } from "../../api/types";
import type { Values } from "../../forms/schema-form";

export const useCustomTypes = () =>
  useQuery("custom-types", () =>
    allPages((cursor) => told(api.GET("/v1/custom-connector-types", { params: { query: { limit: 500, cursor } } }))),
  );

export function readType(id: string): Promise<CustomType> {
  return told(api.GET("/v1/custom-connector-types/{type_id}", { params: { path: { type_id: id } } }));
}

export function createType(definition: Values): Promise<CustomType> {
  return told(api.POST("/v1/custom-connector-types", { params: { header: idempotencyKey() }, body: { definition } }));
}

export function updateType(id: string, rowVersion: number, definition: Values, note: string): Promise<CustomType> {
  const params = { path: { type_id: id }, header: ifMatch(rowVersion) };
  return told(api.PUT("/v1/custom-connector-types/{type_id}", { params, body: { definition, note: note.trim() || null } }));
}

export function importFile(file: string): Promise<CustomType> {
  return told(api.POST("/v1/custom-connector-types:import", { body: { file } }));
}

export function deleteType(type: CustomType): Promise<unknown> {
  const params = { path: { type_id: type.id }, header: ifMatch(type.row_version) };
  return told(api.DELETE("/v1/custom-connector-types/{type_id}", { params }));
}

export const useRevisions = (id: string) =>
  useQuery(`custom-types/${id}/revisions`, () =>
    allPages((cursor) =>
      told(api.GET("/v1/custom-connector-types/{type_id}/versions", { params: { path: { type_id: id }, query: { limit: 100, cursor } } })),
    ),
  );

export async function readRevision(id: string, number: number): Promise<Values> {
  const path = { type_id: id, number };
  return (await told(api.GET("/v1/custom-connector-types/{type_id}/versions/{number}", { params: { path } }))).snapshot;
}

/** The revision in a connector's type, `custom:<id>@<revision>`. */
export function revisionOf(type: string): number {
  return Number(type.split("@")[1] ?? 0);
}
