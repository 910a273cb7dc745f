/** Deliveries that ended in error, with what the partner said, and the same list as a file. */
import { api, told } from "../../api/client";
import { useActions } from "../../api/queries";
import type { Connector, DeliveryError, ErrorPage } from "../../api/types";
import { useWindow, WindowToggle } from "../../chart/window";
import { ADVICE, ERROR_CLASSES, type ErrorClass, outcomeLabel } from "../../outcomes";
import { setQueryParameters, useQueryParameter } from "../../routing/location";
import { ActionSelect } from "../../ui/action-select";
import { day as dayName, timeZone } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Empty } from "../../ui/page";
import { Shown } from "../../ui/shown";
import { useTail } from "../../ui/tail";
import { Time } from "../../ui/time";
import { EndOfList, VirtualRows } from "../../ui/virtual-rows";
import { RecoverButton } from "../dead-letters/recover";
import { DeliveryDrawer } from "../deliveries/delivery-drawer";
import { ErrorGroups } from "./error-groups";

const PAGE = 50;

export function ErrorsTab({ connector }: { connector: Connector }) {
  const [window] = useWindow();
  const [outcome] = useQueryParameter("outcome");
  const [code] = useQueryParameter("code");
  const [actionId] = useQueryParameter("action");
  const [day] = useQueryParameter("day");
  const [shownId] = useQueryParameter("delivery");
  const kind = ERROR_CLASSES.find((one) => one === outcome);
  const filter = {
    window,
    time_zone: timeZone,
    connector_id: connector.id,
    outcome: kind,
    partner_code: code || undefined,
    action_id: actionId || undefined,
    day: day || undefined,
  };
  const list = useTail<DeliveryError, ErrorPage>({
    key: `errors/${JSON.stringify(filter)}`,
    read: (cursor) => readErrors(filter, cursor),
    every: 10_000,
    idOf: (error) => `${error.delivery_id}/${error.run}`,
  });
  return (
    <>
      <ErrorFilters connector={connector} kind={kind} code={code} actionId={actionId} filter={filter} />
      {kind && <p class="note info">{ADVICE[kind]}</p>}
      {!kind && !code && !day && !actionId && <ErrorGroups connectorId={connector.id} days={Number.parseInt(window)} />}
      <Shown query={list.first} rows={6}>
        {(page) =>
          list.items.length === 0 ? (
            <Empty title="No errors in this window" />
          ) : (
            <>
              {page.truncated && <p class="note warn">Older errors of this window have been removed; the counts are still whole.</p>}
              <ErrorTable connector={connector} items={list.items} />
              {list.older && <EndOfList key={list.items.length} reach={list.older} />}
            </>
          )
        }
      </Shown>
      {shownId && <DeliveryDrawer id={shownId} close={() => setQueryParameters({ delivery: "" })} />}
    </>
  );
}

interface Filter {
  window: "7d" | "30d" | "90d";
  time_zone: string;
  connector_id: string;
  outcome: ErrorClass | undefined;
  partner_code: string | undefined;
  action_id: string | undefined;
  day: string | undefined;
}

function readErrors(filter: Filter, cursor?: string) {
  return told(api.GET("/v1/errors", { params: { query: { ...filter, limit: PAGE, cursor } } }));
}

interface FilterProps {
  connector: Connector;
  kind: ErrorClass | undefined;
  code: string;
  actionId: string;
  filter: Filter;
}

function ErrorFilters({ connector, kind, code, actionId, filter }: FilterProps) {
  const query = new URLSearchParams({ bom: "true" });
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value);
  return (
    <div class="toolbar">
      <WindowToggle />
      <select aria-label="Kind of error" value={kind ?? ""} onChange={(event) => setQueryParameters({ outcome: event.currentTarget.value })}>
        <option value="">Every kind of error</option>
        {ERROR_CLASSES.map((one) => (
          <option key={one} value={one}>
            {outcomeLabel(one)}
          </option>
        ))}
      </select>
      <ActionSelect connectorId={connector.id} chosen={actionId} />
      {code && (
        <button type="button" class="filter" aria-pressed="true" onClick={() => setQueryParameters({ code: "" })}>
          Code {code} <Icon name="close" />
        </button>
      )}
      {filter.day && (
        <button type="button" class="filter" aria-pressed="true" onClick={() => setQueryParameters({ day: "" })}>
          {dayName(filter.day)} <Icon name="close" />
        </button>
      )}
      <div class="push buttons">
        <RecoverButton connectorId={connector.id} />
        <a class="button" href={`/v1/errors.csv?${query}`} download={`errors-${connector.id}-${filter.window}.csv`}>
          <Icon name="download" /> Download CSV
        </a>
      </div>
    </div>
  );
}

function ErrorTable({ connector, items }: { connector: Connector; items: readonly DeliveryError[] }) {
  const names = new Map((useActions(connector.id).data ?? []).map((action) => [action.id, action.name]));
  return (
    <div class="table-frame">
      <table class="rows" aria-rowcount={-1}>
        <thead>
          <tr aria-rowindex={1}>
            <th>When</th>
            <th>Error</th>
            <th>What was said</th>
            <th>Action</th>
            <th>Profile</th>
            <th class="numeric">Attempts</th>
          </tr>
        </thead>
        <VirtualRows
          items={items}
          columns={6}
          row={(error, index) => (
            <tr key={`${error.delivery_id}/${error.run}`} aria-rowindex={index + 2}>
              <td>
                <button type="button" class="link" onClick={() => setQueryParameters({ delivery: error.delivery_id })}>
                  <Time at={error.at} />
                </button>
              </td>
              <td>
                <span class={`swatch ${error.outcome}`} aria-hidden="true" /> {outcomeLabel(error.outcome)}
              </td>
              <td class="said">
                {error.partner_code && (
                  <>
                    {error.link ? (
                      <a href={error.link} target="_blank" rel="noreferrer">
                        <code>{error.partner_code}</code>
                      </a>
                    ) : (
                      <code>{error.partner_code}</code>
                    )}{" "}
                  </>
                )}
                {error.http_status && <span class="quiet">HTTP {error.http_status} </span>}
                {error.reason}
              </td>
              <td data-label="Action">
                <a href={`/actions/${error.action_id}`}>{names.get(error.action_id) ?? error.action_id}</a>
              </td>
              <td data-label="Profile">
                <code>{error.profile_id}</code> <span class="quiet">{error.change}</span>
              </td>
              <td class="numeric" data-label="Attempts">{error.attempts}</td>
            </tr>
          )}
        />
      </table>
    </div>
  );
}
