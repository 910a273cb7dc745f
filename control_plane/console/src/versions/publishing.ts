/** Publishing, history and reverting are the same for everything that can be published. */
import { api, allPages, ifMatch, told } from "../api/client";
import type { Published, VersionSummary } from "../api/types";
import { useQuery } from "../api/query";

export type PublishedKind = "connectors" | "audiences" | "journeys" | "event-feeds";

const PARAMETER = {
  connectors: "connector_id",
  audiences: "audience_id",
  journeys: "journey_id",
  "event-feeds": "event_feed_id",
} as const;

type AnyPath = "/v1/audiences/{audience_id}";

/** The four kinds differ in the name of one parameter; their types are alike, so that one of them stands for all. */
function at(kind: PublishedKind, id: string, rest: string): [never, Record<string, string>] {
  return [`/v1/${kind}/{${PARAMETER[kind]}}${rest}` as AnyPath as never, { [PARAMETER[kind]]: id }];
}

export function publish(kind: PublishedKind, id: string, rowVersion: number, note: string): Promise<Published> {
  const [path, parameters] = at(kind, id, "/publish");
  return told(
    api.POST(path as "/v1/audiences/{audience_id}/publish", {
      params: { path: parameters as { audience_id: string }, header: ifMatch(rowVersion) },
      body: { note: note.trim() || null },
    }),
  );
}

export function revert(kind: PublishedKind, id: string, number: number, note: string): Promise<Published> {
  const [path, parameters] = at(kind, id, "/versions/{number}/revert");
  return told(
    api.POST(path as "/v1/audiences/{audience_id}/versions/{number}/revert", {
      params: { path: { ...(parameters as { audience_id: string }), number } },
      body: { note: note.trim() || null },
    }),
  );
}

export function useVersions(kind: PublishedKind, id: string) {
  return useQuery<VersionSummary[]>(`${kind}/${id}/versions`, () =>
    allPages((cursor) => {
      const [path, parameters] = at(kind, id, "/versions");
      return told(
        api.GET(path as "/v1/audiences/{audience_id}/versions", {
          params: { path: parameters as { audience_id: string }, query: { limit: 100, cursor } },
        }),
      );
    }),
  );
}

/** What a version held, in an order that makes two versions comparable. */
export async function readVersion(kind: PublishedKind, id: string, number: number): Promise<unknown> {
  const [path, parameters] = at(kind, id, "/versions/{number}");
  const version = await told(
    api.GET(path as "/v1/audiences/{audience_id}/versions/{number}", {
      params: { path: { ...(parameters as { audience_id: string }), number } },
    }),
  );
  return version.snapshot;
}
