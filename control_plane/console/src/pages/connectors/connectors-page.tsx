/** The overview: find a connector as you type, see how each is doing, switch many on or off at once. */
import { useMemo, useState } from "preact/hooks";
import { useConnectors, useConnectorTypes } from "../../api/queries";
import { navigate, setQueryParameters, useQueryParameter } from "../../routing/location";
import { count } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Page } from "../../ui/page";
import { SearchBox } from "../../ui/search-box";
import { Shown } from "../../ui/shown";
import { ConnectorTable } from "./connector-table";
import { Filters } from "./filters";
import { FirstSteps } from "./first-steps";
import { keep, type Row, rowsOf, sorted } from "./rows";
import { LiveTotals } from "./live-totals";
import { StaleBadge } from "../../chart/stale-badge";
import { SelectionBar } from "./selection-bar";
import { useSort } from "./sorting";
import { useFoundByServer } from "./found-by-server";

export function ConnectorsPage() {
  const connectors = useConnectors();
  const rows = useMemo(() => rowsOf(connectors.data ?? []), [connectors.data]);
  return (
    <Page
      title="Connectors"
      tags={connectors.data && <span class="quiet">{count(connectors.data.length)}</span>}
      buttons={
        <a class="button primary" href="/marketplace">
          <Icon name="plus" /> New connector
        </a>
      }
    >
      <Shown query={connectors} rows={8}>
        {(data) => (data.length === 0 ? <FirstSteps /> : <>
              <StaleBadge />
              <LiveTotals />
              <Found rows={rows} />
            </>)}
      </Shown>
    </Page>
  );
}

function Found({ rows }: { rows: Row[] }) {
  const [text, setText] = useQueryParameter("q");
  const [status] = useQueryParameter("status");
  const [type] = useQueryParameter("type");
  const [errors] = useQueryParameter("errors");
  const [favourite] = useQueryParameter("favourite");
  const [label] = useQueryParameter("label");
  const [sort, setSort] = useSort();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [marked, setMarked] = useState(-1);
  const found = useFoundByServer(text);
  const types = useConnectorTypes().data ?? [];
  const shown = useMemo(
    () => sorted(keep(rows, { text, status, type, label, onlyErrors: errors === "1", onlyFavourites: favourite === "1", found }), sort),
    [rows, text, status, type, label, errors, favourite, sort, found],
  );
  const keyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setMarked(Math.max(-1, Math.min(shown.length - 1, marked + step)));
    } else if (event.key === "Enter") {
      const row = shown[Math.max(0, marked)];
      if (row) void navigate(`/connectors/${row.connector.id}`);
    }
  };
  const search = (next: string) => {
    setMarked(-1);
    setText(next);
  };
  return (
    <>
      <div class="toolbar">
        <SearchBox label="Search partner, connector or action" value={text} change={search} onKeyDown={keyDown} />
        <Filters rows={rows} types={types} />
      </div>
      <p class="visually-hidden" role="status">
        {text && `${count(shown.length)} connectors found`}
      </p>
      <SelectionBar selected={rows.filter((row) => selected.has(row.connector.id))} clear={() => setSelected(new Set())} />
      {shown.length === 0 ? (
        <div class="empty">
          <h2>Nothing matches</h2>
          <button type="button" onClick={() => setQueryParameters({ q: "", status: "", type: "", errors: "", favourite: "", label: "" })}>
            Show all connectors
          </button>
        </div>
      ) : (
        <ConnectorTable rows={shown} search={text} found={found} sort={sort} setSort={setSort} selected={selected} setSelected={setSelected} marked={marked} />
      )}
    </>
  );
}
