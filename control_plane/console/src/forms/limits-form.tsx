import type { Fault, Limits } from "../api/types";
import type { FormField } from "./schema";
import { SchemaForm } from "./schema-form";

const FIELDS: [keyof Limits, string, string, FormField["kind"]][] = [
  ["timeout_seconds", "Timeout in seconds", "In total, from connecting to the last byte; 0.5 to 30.", "number"],
  ["max_in_flight", "Requests at the same time", "On all workers together.", "integer"],
  ["requests_per_second", "Requests per second", "What the partner allows; workers share it.", "number"],
  ["rows_per_second", "Rows per second", "For partners that count rows.", "number"],
  ["batch_max_rows", "Rows in a batch", "A batch is sent when it is this full,", "integer"],
  ["batch_max_age_seconds", "Age of a batch in seconds", "or this old.", "number"],
];

interface Props {
  limits: Limits;
  defaults: Record<string, unknown>;
  change: (limits: Limits) => void;
  faults: readonly Fault[];
  readOnly?: boolean;
}

/** Limits are set by the connector type; each may be set otherwise here. */
export function LimitsForm({ limits, defaults, change, faults, readOnly }: Props) {
  const fields = FIELDS.map(([name, title, help, kind]) => ({
    name,
    title,
    help,
    kind,
    choices: [],
    isRequired: false,
    isSecret: false,
    isNullable: true,
    initial: defaults[name],
    example: "",
  }));
  return (
    <details class="more-settings">
      <summary>Limits</summary>
      <SchemaForm fields={fields} values={limits as Record<string, unknown>} change={(values) => change(values as Limits)} faults={faults} at="/limits" readOnly={readOnly} />
    </details>
  );
}
