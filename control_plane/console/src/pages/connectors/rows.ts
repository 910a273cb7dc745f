/** The rows of the overview: every connector with its status, and which of them are wanted, in which order. */
import type { ConnectorOverview } from "../../api/types";
import { type StatusName, statusOf } from "../../connector-status";

export interface Row {
  connector: ConnectorOverview;
  status: StatusName;
  haystack: string;
}

export interface Wanted {
  text: string;
  status: string;
  type: string;
  label: string;
  onlyErrors: boolean;
  onlyFavourites: boolean;
  /** Found by the server, by the names of actions. */
  found: ReadonlyMap<string, string[]>;
}

export type SortColumn = "name" | "status" | "actions" | "sent" | "errors" | "last";

export interface Sort {
  column: SortColumn;
  isDescending: boolean;
}

const URGENCY: StatusName[] = ["credentials", "breaker", "failing", "paused", "active", "draft", "deactivated"];

export function rowsOf(connectors: ConnectorOverview[]): Row[] {
  return connectors.map((connector) => ({
    connector,
    status: statusOf(connector, connector.last_24_hours.error_rate),
    haystack: [connector.name, connector.type_label, ...connector.labels].join("\n").toLowerCase(),
  }));
}

export function keep(rows: Row[], wanted: Wanted): Row[] {
  const searched = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    ({ connector, haystack, status }) =>
      (searched.every((word) => haystack.includes(word)) || wanted.found.has(connector.id)) &&
      (wanted.status === "" || hasStatus({ connector, haystack, status }, wanted.status)) &&
      (wanted.type === "" || typeOf(connector) === wanted.type) &&
      (wanted.label === "" || connector.labels.includes(wanted.label)) &&
      (!wanted.onlyErrors || connector.last_24_hours.errors > 0) &&
      (!wanted.onlyFavourites || connector.favourite === true),
  );
}

/** A connector names the revision of a custom type too, `custom:crm@3`; the marketplace does not. */
export function typeOf(connector: ConnectorOverview): string {
  return connector.type.split("@")[0] ?? connector.type;
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
  name: ({ connector }) => connector.name,
  status: ({ status }) => URGENCY.indexOf(status),
  actions: ({ connector }) => connector.actions.active,
  sent: ({ connector }) => connector.last_24_hours.sent + connector.last_24_hours.removed,
  errors: ({ connector }) => connector.last_24_hours.error_rate ?? -1,
  last: ({ connector }) => Date.parse(connector.last_delivery_at ?? "") || 0,
};

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function compare(one: string | number, other: string | number): number {
  return typeof one === "string" ? collator.compare(one, String(other)) : one - Number(other);
}
