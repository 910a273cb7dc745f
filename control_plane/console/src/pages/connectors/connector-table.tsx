import { useEffect, useRef, useState } from "preact/hooks";
import { useHours, useUserNames } from "../../api/queries";
import type { Recently } from "../../api/types";
import { DraftChip, StatusChip } from "../../connector-status";
import { count, percent, shortCount } from "../../ui/format";
import { Highlighted } from "../../ui/highlighted";
import { Time } from "../../ui/time";
import { TypeMark } from "../../ui/type-mark";
import { Sparkline } from "./sparkline";
import { Star } from "./star";
import type { Row, Sort, SortColumn } from "./rows";

interface Props {
  rows: Row[];
  search: string;
  /** The actions that were found, by connector. */
  found: ReadonlyMap<string, string[]>;
  sort: Sort;
  setSort: (sort: Sort) => void;
  selected: ReadonlySet<string>;
  setSelected: (selected: ReadonlySet<string>) => void;
  marked: number;
}

const COLUMNS: { column: SortColumn; label: string; numeric?: boolean }[] = [
  { column: "name", label: "Connector" },
  { column: "status", label: "Status" },
  { column: "actions", label: "Actions on" },
  { column: "sent", label: "Delivered, 24 h", numeric: true },
  { column: "errors", label: "Error rate", numeric: true },
  { column: "last", label: "Last delivery" },
];
const STEP = 60;

export function ConnectorTable({ rows, search, found, sort, setSort, selected, setSelected, marked }: Props) {
  const [shown, more] = useGrowing(rows.length, marked);
  const nameOf = useUserNames();
  const hours = useHours().data?.connectors;
  const isEverySelected = rows.length > 0 && rows.every((row) => selected.has(row.connector.id));
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  return (
    <div class="table-frame">
      <table class="rows connectors-table">
        <thead>
          <tr>
            <th class="narrow">
              <input
                type="checkbox"
                aria-label="Select all"
                checked={isEverySelected}
                onChange={() => setSelected(isEverySelected ? new Set() : new Set(rows.map((row) => row.connector.id)))}
              />
            </th>
            {COLUMNS.map((column) => (
              <SortHeader key={column.column} {...column} sort={sort} setSort={setSort} />
            ))}
            <th>Changed</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((row, index) => (
            <ConnectorRow
              key={row.connector.id}
              row={row}
              search={search}
              foundActions={found.get(row.connector.id) ?? []}
              isSelected={selected.has(row.connector.id)}
              toggle={() => toggle(row.connector.id)}
              isMarked={index === marked}
              hours={hours?.[row.connector.id]}
              changedBy={nameOf(row.connector.updated_by)}
            />
          ))}
        </tbody>
      </table>
      {shown < rows.length && <div ref={more} class="more" aria-hidden="true" />}
    </div>
  );
}

interface SortHeaderProps {
  column: SortColumn;
  label: string;
  numeric?: boolean;
  sort: Sort;
  setSort: (sort: Sort) => void;
}

function SortHeader({ column, label, numeric, sort, setSort }: SortHeaderProps) {
  const isSorted = sort.column === column;
  const direction = sort.isDescending ? "descending" : "ascending";
  return (
    <th class={numeric ? "numeric" : ""} aria-sort={isSorted ? direction : undefined}>
      <button type="button" class="sort" onClick={() => setSort({ column, isDescending: isSorted ? !sort.isDescending : numeric === true || column === "last" })}>
        {label}
        <span aria-hidden="true">{isSorted ? (sort.isDescending ? "↓" : "↑") : ""}</span>
      </button>
    </th>
  );
}

interface RowProps {
  row: Row;
  search: string;
  foundActions: string[];
  isSelected: boolean;
  toggle: () => void;
  isMarked: boolean;
  hours: Recently | undefined;
  changedBy: string;
}

function ConnectorRow({ row, search, foundActions, isSelected, toggle, isMarked, hours, changedBy }: RowProps) {
  const { connector, status } = row;
  const recent = connector.last_24_hours;
  const element = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isMarked) element.current?.scrollIntoView({ block: "nearest" });
  }, [isMarked]);
  return (
    <tr ref={element} class={`${isSelected ? "selected" : ""} ${isMarked ? "marked" : ""}`}>
      <td class="narrow">
        <input type="checkbox" aria-label={`Select ${connector.name}`} checked={isSelected} onChange={toggle} />
      </td>
      <td class="main-cell">
        <div class="named">
          <Star id={connector.id} name={connector.name} isFavourite={connector.favourite === true} />
          <TypeMark type={connector.type} label={connector.type_label} />
          <div>
            <a href={`/connectors/${connector.id}`}>
              <Highlighted text={connector.name} search={search} />
            </a>
            <span class="quiet">
              <Highlighted text={connector.type_label} search={search} />
              {foundActions.length > 0 && (
                  <>
                    {" · "}
                    <Highlighted text={foundActions.join(", ")} search={search} />
                  </>
                )}
            </span>
          </div>
        </div>
      </td>
      <td class="chips">
        <StatusChip name={status} />
        <DraftChip published={connector.published_version} changed={connector.unpublished_changes} />
      </td>
      <td data-label="Actions on">
        {connector.actions.active}/{connector.actions.total}
      </td>
      <td class="numeric" data-label="Delivered, 24 h" title={`${count(recent.sent)} sent, ${count(recent.removed)} removed`}>
        <span class="with-sparkline">
          {shortCount(recent.sent + recent.removed)} <Sparkline hours={hours} />
        </span>
      </td>
      <td class={`numeric ${recent.errors > 0 ? "bad-number" : ""}`} data-label="Error rate">
        {recent.error_rate === null ? <span class="quiet">—</span> : percent(recent.error_rate)}
      </td>
      <td data-label="Last delivery">
        <Time at={connector.last_delivery_at} />
      </td>
      <td data-label="Changed">
        <span class="two-lines">
          <Time at={connector.updated_at} /> <span class="quiet">by {changedBy}</span>
        </span>
      </td>
    </tr>
  );
}

/** A thousand rows are drawn as they are scrolled to, so that each keystroke stays quick. */
function useGrowing(length: number, atLeast: number) {
  const [shown, setShown] = useState(STEP);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = end.current;
    if (element === null) return undefined;
    const observer = new IntersectionObserver(
      (found) => found.some((one) => one.isIntersecting) && setShown((number) => number + STEP),
      { rootMargin: "600px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [length, shown]);
  return [Math.max(shown, atLeast + 5), end] as const;
}
