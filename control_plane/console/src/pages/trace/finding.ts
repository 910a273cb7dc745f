/** What an id could be: each meaning is asked for, and those that lead somewhere are shown. */
import { api, told } from "../../api/client";
import { type Query, useQuery } from "../../api/query";
import type { Trace } from "../../api/types";

const MEANINGS = [
  { as: "event_id", label: "Event" },
  { as: "profile_id", label: "Profile" },
  { as: "delivery_id", label: "Delivery" },
] as const;
const DELIVERY_ID = /^[\w.-]{1,64}$/;
const LIVE_MS = 5000;

export interface Found {
  as: string;
  label: string;
  trace: Trace;
}

export function useTraces(id: string): Query<Found[]> {
  return useQuery(`trace/${id}`, () => findTraces(id), LIVE_MS);
}

async function findTraces(id: string): Promise<Found[]> {
  const meanings = MEANINGS.filter(({ as }) => as !== "delivery_id" || DELIVERY_ID.test(id));
  const found = await Promise.all(
    meanings.map(async ({ as, label }) => ({ as, label, trace: await told(api.GET("/v1/trace", { params: { query: { [as]: id } } })) })),
  );
  return found.filter(({ trace }) => trace.steps.length > 0);
}
