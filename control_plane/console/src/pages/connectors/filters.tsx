import type { ConnectorTypeSummary } from "../../api/types";
import { STATUSES, type StatusName } from "../../connector-status";
import { setQueryParameters, useQueryParameter } from "../../routing/location";
import { Icon } from "../../ui/icons";
import { hasStatus, type Row, typeOf } from "./rows";

/** Filters as chips; they are in the address, so that a filtered view can be shared. */
export function Filters({ rows, types }: { rows: Row[]; types: ConnectorTypeSummary[] }) {
  const [status] = useQueryParameter("status");
  const [type] = useQueryParameter("type");
  const [errors] = useQueryParameter("errors");
  const [favourite] = useQueryParameter("favourite");
  const [label] = useQueryParameter("label");
  const labels = [...new Set(rows.flatMap((row) => row.connector.labels))].sort();
  const used = types.filter((one) => one.key === type || rows.some((row) => typeOf(row.connector) === one.key));
  return (
    <div class="filters" role="group" aria-label="Filters">
      <button type="button" class="filter" aria-pressed={favourite === "1"} onClick={() => setQueryParameters({ favourite: favourite === "1" ? "" : "1" })}>
        <Icon name="star" /> Favourites
      </button>
      {(Object.keys(STATUSES) as StatusName[]).map((name) => {
        const number = rows.filter((row) => hasStatus(row, name)).length;
        if (number === 0 && status !== name) return null;
        return (
          <button key={name} type="button" class="filter" aria-pressed={status === name} onClick={() => setQueryParameters({ status: status === name ? "" : name })}>
            <Icon name={STATUSES[name].icon} /> {STATUSES[name].label} <span class="quiet">{number}</span>
          </button>
        );
      })}
      <button type="button" class="filter" aria-pressed={errors === "1"} onClick={() => setQueryParameters({ errors: errors === "1" ? "" : "1" })}>
        <Icon name="failing" /> Has errors
      </button>
      {labels.length > 0 && (
        <select aria-label="Label" value={label} onChange={(event) => setQueryParameters({ label: event.currentTarget.value })}>
          <option value="">Every label</option>
          {labels.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
      {used.length > 1 && (
        <select aria-label="Type" value={type} onChange={(event) => setQueryParameters({ type: event.currentTarget.value })}>
          <option value="">Every type</option>
          {used.map((one) => (
            <option key={one.key} value={one.key}>
              {one.label}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}
