/** Audiences, journeys and event feeds: what differs between them, for pages that are otherwise the same. */
import { allPages, api, idempotencyKey, ifMatch, told } from "../../api/client";
import { useQuery } from "../../api/query";
import type { Activation, Audience, Change, EventFeed, Journey } from "../../api/types";
import type { PublishedKind } from "../../versions/publishing";

export type SourceKind = Exclude<PublishedKind, "connectors">;
export type Source = Audience | Journey | EventFeed;

/** What is edited; what a kind does not have stays empty. */
export interface EditedSource {
  name: string;
  source_id: string;
  steps: { id: string; name: string }[];
  event_names: string[];
  activations: Activation[];
}

export interface KindWords {
  one: string;
  many: string;
  changes: Change[];
  idLabel: string | null;
  idHelp: string;
  about: string;
}

export const KINDS: Record<SourceKind, KindWords> = {
  audiences: {
    one: "Audience",
    many: "Audiences",
    changes: ["joined", "left"],
    idLabel: "Audience id",
    idHelp: "The `source.id` that its events carry. It cannot be changed later.",
    about: "An audience is a set of profiles. Its actions run when a profile joins or leaves.",
  },
  journeys: {
    one: "Journey",
    many: "Journeys",
    changes: ["entered", "exited"],
    idLabel: "Journey id",
    idHelp: "The `source.id` that its events carry. It cannot be changed later.",
    about: "A journey is an ordered path of steps. Its actions run when a profile enters or exits a step.",
  },
  "event-feeds": {
    one: "Event feed",
    many: "Event feeds",
    changes: ["occurred"],
    idLabel: null,
    idHelp: "",
    about: "An event feed is a named set of event names. Its actions run for each such event.",
  },
};

export function isKind(name: string): name is SourceKind {
  return name in KINDS;
}

export function useSources(kind: SourceKind) {
  return useQuery<Source[]>(kind, () => {
    const query = (cursor: string | undefined) => ({ params: { query: { limit: 500, cursor } } });
    switch (kind) {
      case "audiences":
        return allPages<Source>((cursor) => told(api.GET("/v1/audiences", query(cursor))));
      case "journeys":
        return allPages<Source>((cursor) => told(api.GET("/v1/journeys", query(cursor))));
      case "event-feeds":
        return allPages<Source>((cursor) => told(api.GET("/v1/event-feeds", query(cursor))));
    }
  });
}

export function readSource(kind: SourceKind, id: string): Promise<Source> {
  switch (kind) {
    case "audiences":
      return told(api.GET("/v1/audiences/{audience_id}", { params: { path: { audience_id: id } } }));
    case "journeys":
      return told(api.GET("/v1/journeys/{journey_id}", { params: { path: { journey_id: id } } }));
    case "event-feeds":
      return told(api.GET("/v1/event-feeds/{event_feed_id}", { params: { path: { event_feed_id: id } } }));
  }
}

export function createSource(kind: SourceKind, edited: EditedSource, header = idempotencyKey()): Promise<Source> {
  const name = edited.name;
  const source_id = edited.source_id.trim() || null;
  switch (kind) {
    case "audiences":
      return told(api.POST("/v1/audiences", { params: { header }, body: { name, source_id } }));
    case "journeys":
      return told(api.POST("/v1/journeys", { params: { header }, body: { name, source_id, steps: edited.steps } }));
    case "event-feeds":
      return told(api.POST("/v1/event-feeds", { params: { header }, body: { name, event_names: edited.event_names } }));
  }
}

export function updateSource(kind: SourceKind, id: string, rowVersion: number, edited: EditedSource): Promise<Source> {
  const header = ifMatch(rowVersion);
  const activations = edited.activations.map(({ action_id, on }) => ({ action_id, on }));
  const name = edited.name;
  switch (kind) {
    case "audiences": {
      const body = { name, activations: activations as { action_id: string; on: ("joined" | "left")[] }[] };
      return told(api.PATCH("/v1/audiences/{audience_id}", { params: { path: { audience_id: id }, header }, body }));
    }
    case "journeys": {
      const steps = edited.activations.map(({ action_id, on, step }) => ({ action_id, on: on as ("entered" | "exited")[], step: step ?? null }));
      const body = { name, steps: edited.steps, activations: steps };
      return told(api.PATCH("/v1/journeys/{journey_id}", { params: { path: { journey_id: id }, header }, body }));
    }
    case "event-feeds": {
      const body = { name, event_names: edited.event_names, activations: activations as { action_id: string; on: "occurred"[] }[] };
      return told(api.PATCH("/v1/event-feeds/{event_feed_id}", { params: { path: { event_feed_id: id }, header }, body }));
    }
  }
}

export function deleteSource(kind: SourceKind, source: Source): Promise<unknown> {
  const header = ifMatch(source.row_version);
  const id = source.id;
  switch (kind) {
    case "audiences":
      return told(api.DELETE("/v1/audiences/{audience_id}", { params: { path: { audience_id: id }, header } }));
    case "journeys":
      return told(api.DELETE("/v1/journeys/{journey_id}", { params: { path: { journey_id: id }, header } }));
    case "event-feeds":
      return told(api.DELETE("/v1/event-feeds/{event_feed_id}", { params: { path: { event_feed_id: id }, header } }));
  }
}

export function editedOf(source: Source): EditedSource {
  return {
    name: source.name,
    source_id: "source_id" in source ? source.source_id : "",
    steps: "steps" in source ? source.steps : [],
    event_names: "event_names" in source ? source.event_names : [],
    activations: source.activations,
  };
}

export const NEW_SOURCE: EditedSource = { name: "", source_id: "", steps: [], event_names: [], activations: [] };
