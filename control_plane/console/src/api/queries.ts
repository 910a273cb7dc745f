/** What pages read, each under one key, so that pages share answers. */
import { allPages, api, told } from "./client";
import { useQuery } from "./query";
import type { WindowLength } from "./types";
import { timeZone } from "../ui/format";

const LIVE_MS = 5000;
const LIMIT = 500;
const NEVER = 24 * 3600 * 1000;

export const useMe = () => useQuery("me", () => told(api.GET("/v1/me")));

export const useConnectorTypes = () =>
  useQuery("types", async () => (await told(api.GET("/v1/connector-types"))).items, NEVER);

export const useConnectorType = (key: string | null) =>
  useQuery(key === null ? null : `types/${key}`, () =>
    told(api.GET("/v1/connector-types/{connector_type}", { params: { path: { connector_type: key ?? "" } } })),
  );

export const useConnectors = () =>
  useQuery(
    "connectors",
    () => allPages((cursor) => told(api.GET("/v1/connectors", { params: { query: { limit: LIMIT, cursor } } }))),
    LIVE_MS * 2,
  );

export const useConnector = (id: string) =>
  useQuery(
    `connectors/${id}`,
    () => told(api.GET("/v1/connectors/{connector_id}", { params: { path: { connector_id: id } } })),
    LIVE_MS,
  );

export const useConnectorStatus = (id: string) =>
  useQuery(
    `connectors/${id}/status`,
    () => told(api.GET("/v1/connectors/{connector_id}/status", { params: { path: { connector_id: id } } })),
    LIVE_MS,
  );

export const useConnectorUses = (id: string) =>
  useQuery(`connectors/${id}/uses`, () =>
    told(api.GET("/v1/connectors/{connector_id}/uses", { params: { path: { connector_id: id } } })),
  );

export const useActions = (connectorId: string) =>
  useQuery(`connectors/${connectorId}/actions`, () =>
    allPages((cursor) =>
      told(
        api.GET("/v1/connectors/{connector_id}/actions", {
          params: { path: { connector_id: connectorId }, query: { limit: LIMIT, cursor } },
        }),
      ),
    ),
  );

export const useAction = (id: string) =>
  useQuery(`actions/${id}`, () => told(api.GET("/v1/actions/{action_id}", { params: { path: { action_id: id } } })));

export interface StatisticsWanted {
  window: WindowLength;
  connectorId?: string;
  actionId?: string;
  detail?: "totals" | "days";
}

export const useStatistics = ({ window, connectorId, actionId, detail = "totals" }: StatisticsWanted) =>
  useQuery(
    `statistics/${window}/${connectorId ?? ""}/${actionId ?? ""}/${detail}`,
    () =>
      told(
        api.GET("/v1/statistics", {
          params: {
            query: { window, time_zone: timeZone, detail, connector_id: connectorId, action_id: actionId },
          },
        }),
      ),
    LIVE_MS,
  );

export const usePipeline = ({ window, connectorId, actionId }: { window: WindowLength; connectorId: string; actionId?: string }) =>
  useQuery(
    `statistics/pipeline/${window}/${connectorId}/${actionId ?? ""}`,
    () =>
      told(
        api.GET("/v1/statistics/pipeline", {
          params: { query: { window, time_zone: timeZone, connector_id: connectorId, action_id: actionId } },
        }),
      ),
    LIVE_MS,
  );

export const useHours = () => useQuery("statistics/hours", () => told(api.GET("/v1/statistics/hours")), LIVE_MS * 6);

export const useFreshness = () => useQuery("statistics/freshness", () => told(api.GET("/v1/statistics/freshness")), LIVE_MS);

export const useWorkers = () =>
  useQuery("workers", async () => (await told(api.GET("/v1/workers"))).items, LIVE_MS);

export const useUsers = () =>
  useQuery("users", () => allPages((cursor) => told(api.GET("/v1/users", { params: { query: { limit: LIMIT, cursor } } }))));

/** The names of users by id; the id itself where the name cannot be read. */
export function useUserNames(): (id: string) => string {
  const { data } = useUsers();
  const names = new Map(data?.map((user) => [user.id, user.name]));
  return (id) => names.get(id) ?? id;
}
