/** The rows of the overview: every connector with its status, and which of them are wanted, in which order. */
import type { Connector, ConnectorStatistics, Statistics, Worker } from "../../api/types";
import { type StatusName, statusOf } from "../../connector-status";

export interface Row {
  connector: Connector;
  statistics: ConnectorStatistics | undefined;
  status: StatusName;
  actionNames: string[];
  haystack: string;
}

export interface Wanted {
  text: string;
  status: string;
  type: string;
  onlyErrors: boolean;
  alsoIds: ReadonlySet<string>;
}

export type SortColumn = "name" | "status" | "actions" | "sent" | "errors" | "last";

export interface Sort {
  column: SortColumn;
  isDescending: boolean;
}

const URGENCY: StatusName[] = ["credentials", "breaker", "failing", "paused", "active", "draft", "deactivated"];

export function rowsOf(connectors: Connector[], statistics: Statistics | undefined, workers: Worker[] | undefined): Row[] {
  const counted = new Map(statistics?.connectors.map((one) => [one.connector_id, one]));
  return connectors.map((connector) => {
    const own = counted.get(connector.id);
    const health = (workers ?? []).flatMap((worker) => worker.connectors[connector.id] ?? []);
    const actionNames = own?.actions.flatMap((action) => action.name ?? []) ?? [];
    return {
      connector,
      statistics: own,
      status: statusOf(connector, health, own),
      actionNames,
      haystack: [connector.name, connector.type_label, ...actionNames].join("\n").toLowerCase(),
    };
  });
}

export function keep(rows: Row[], wanted: Wanted): Row[] {
  const searched = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (searched.every((word) => row.haystack.includes(word)) || wanted.alsoIds.has(row.connector.id)) &&
      (wanted.status === "" || hasStatus(row, wanted.status)) &&
      (wanted.type === "" || row.connector.type === wanted.type) &&
      (!wanted.onlyErrors || (row.statistics?.totals.errors_total ?? 0) > 0),
  );
}

export function hasStatus(row: Row, status: string): boolean {
  return status === "draft" ? row.connector.unpublished_changes : row.status === status;
}

export function sorted(rows: Row[], { column, isDescending }: Sort): Row[] {
  const key = KEYS[column];
  const direction = isDescending ? -1 : 1;
  return [...rows].sort((one, other) => direction * compare(key(one), key(other)) || compare(one.connector.name, other.connector.name));
}

const KEYS: Record<SortColumn, (row: Row) => string | number> = {
  name: (row) => row.connector.name,
  status: (row) => URGENCY.indexOf(row.status),
  actions: (row) => row.connector.actions.active,
  sent: (row) => (row.statistics?.totals.sent ?? 0) + (row.statistics?.totals.removed ?? 0),
  errors: (row) => row.statistics?.totals.error_rate ?? -1,
  last: (row) => Date.parse(row.statistics?.last_delivery_at ?? "") || 0,
};

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function compare(one: string | number, other: string | number): number {
  return typeof one === "string" ? collator.compare(one, String(other)) : one - Number(other);
}
