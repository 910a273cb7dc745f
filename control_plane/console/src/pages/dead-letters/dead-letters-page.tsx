/** What was not delivered, with its reason, and the way to send it again. */
import { useState } from "preact/hooks";
import { api, told } from "../../api/client";
import { useQuery } from "../../api/query";
import type { DeadLetter } from "../../api/types";
import { useConnectorNames } from "../../names";
import { setQueryParameters, useQueryParameter } from "../../routing/location";
import { useWindow, WindowToggle } from "../../chart/window";
import { pretty } from "../../exchanges";
import { ConnectorSelect } from "../../ui/connector-select";
import { Dialog } from "../../ui/dialog";
import { count, plural, words } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Empty, Page } from "../../ui/page";
import { Shown } from "../../ui/shown";
import { Tabs } from "../../ui/tabs";
import { useTail } from "../../ui/tail";
import { Time } from "../../ui/time";
import { EndOfList, VirtualRows } from "../../ui/virtual-rows";
import { ErrorGroups } from "../connector/error-groups";
import { Jobs } from "./jobs";
import { RecoverButton } from "./recover";
import { ReplayButton } from "./replay";

const LIMIT = 100;
const TABS = [
  { key: "letters", label: "Dead letters" },
  { key: "errors", label: "Errors, grouped" },
  { key: "jobs", label: "Replays" },
];

export function DeadLettersPage() {
  const [tab] = useQueryParameter("tab", "letters");
  return (
    <Page title="Dead letters">
      <Tabs tabs={TABS} chosen={tab} label="Parts" />
      <TabShown tab={tab} />
    </Page>
  );
}

function TabShown({ tab }: { tab: string }) {
  const [window] = useWindow();
  switch (tab) {
    case "jobs":
      return <Jobs />;
    case "errors":
      return (
        <>
          <div class="toolbar">
            <WindowToggle />
          </div>
          <ErrorGroups days={Number.parseInt(window)} />
        </>
      );
    default:
      return <Letters />;
  }
}

function Letters() {
  const [connector] = useQueryParameter("connector");
  const [reason] = useQueryParameter("reason");
  const [shownId] = useQueryParameter("letter");
  const filter = { connector_id: connector || undefined, reason: reason || undefined };
  const key = JSON.stringify(filter);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const counts = useQuery(`dead-letters/counts/${connector}`, () => told(api.GET("/v1/dead-letters/counts", { params: { query: { connector_id: filter.connector_id } } })), 10_000);
  const list = useTail<DeadLetter>({
    key: `dead-letters/${key}`,
    read: (cursor) => told(api.GET("/v1/dead-letters", { params: { query: { ...filter, limit: LIMIT, cursor } } })),
    every: 10_000,
    idOf: (letter) => letter.id,
  });
  const reasons = new Map<string, number>();
  for (const one of counts.data?.reasons ?? []) reasons.set(one.reason, (reasons.get(one.reason) ?? 0) + one.count);
  return (
    <>
      <div class="toolbar">
        <ConnectorSelect />
        <div class="filters" role="group" aria-label="Reasons">
          {[...reasons].map(([name, number]) => (
            <button key={name} type="button" class="filter" aria-pressed={reason === name} onClick={() => setQueryParameters({ reason: reason === name ? "" : name })}>
              {words(name)} <span class="quiet">{count(number)}</span>
            </button>
          ))}
        </div>
        {list.items.length > 0 && (
          <div class="push buttons">
            {connector && <RecoverButton key={connector} connectorId={connector} />}
            {selected.size > 0 ? (
              <ReplayButton key={[...selected].join()} ids={[...selected]} label={`Replay ${plural(selected.size, "letter")}…`} />
            ) : (
              <ReplayButton key={key} matching={matching(filter)} label="Replay all that match…" />
            )}
          </div>
        )}
      </div>
      <Shown query={list.first} rows={8}>
        {() =>
          list.items.length === 0 ? (
            <Empty title="No dead letters">
              <p>What cannot be delivered after every retry, and what cannot be read, ends here with its reason.</p>
            </Empty>
          ) : (
            <LetterTable letters={list.items} selected={selected} setSelected={setSelected} />
          )
        }
      </Shown>
      {list.older && <EndOfList key={list.items.length} reach={list.older} />}
      {shownId && <LetterDialog id={shownId} close={() => setQueryParameters({ letter: "" })} />}
    </>
  );
}

function matching({ connector_id, reason }: { connector_id?: string; reason?: string }) {
  return { ...(connector_id ? { connector_id } : {}), ...(reason ? { reason } : {}) };
}

interface TableProps {
  letters: readonly DeadLetter[];
  selected: ReadonlySet<string>;
  setSelected: (selected: ReadonlySet<string>) => void;
}

function LetterTable({ letters, selected, setSelected }: TableProps) {
  const nameOf = useConnectorNames();
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  return (
    <div class="table-frame">
      <table class="rows" aria-rowcount={-1}>
        <thead>
          <tr aria-rowindex={1}>
            <th class="narrow">
              <span class="visually-hidden">Select</span>
            </th>
            <th>When</th>
            <th>Reason</th>
            <th>Detail</th>
            <th>Connector</th>
            <th>Profile</th>
            <th>State</th>
          </tr>
        </thead>
        <VirtualRows
          items={letters}
          columns={7}
          row={(letter, index) => (
            <tr key={letter.id} aria-rowindex={index + 2}>
              <td class="narrow">
                {letter.replayable && <input type="checkbox" aria-label={`Select ${letter.id}`} checked={selected.has(letter.id)} onChange={() => toggle(letter.id)} />}
              </td>
              <td>
                <button type="button" class="link" onClick={() => setQueryParameters({ letter: letter.id })}>
                  <Time at={letter.at} />
                </button>
              </td>
              <td>{words(letter.reason)}</td>
              <td class="said">
                {letter.partner_code && <code>{letter.partner_code}</code>} {letter.detail}
              </td>
              <td data-label="Connector">{letter.connector_id ? <a href={`/connectors/${letter.connector_id}`}>{nameOf(letter.connector_id)}</a> : <span class="quiet">none</span>}</td>
              <td data-label="Profile">{letter.profile_id ? <code>{letter.profile_id}</code> : <span class="quiet">none</span>}</td>
              <td data-label="State">{stateOf(letter)}</td>
            </tr>
          )}
        />
      </table>
    </div>
  );
}

function stateOf(letter: DeadLetter) {
  if (letter.replayed_by) return <span class="chip muted">replayed</span>;
  return letter.replayable ? <span class="chip info">can be replayed</span> : <span class="chip muted">kept only</span>;
}

function LetterDialog({ id, close }: { id: string; close: () => void }) {
  const letter = useQuery(`dead-letters/${id}/detail`, () => told(api.GET("/v1/dead-letters/{dead_letter_id}", { params: { path: { dead_letter_id: id } } })));
  return (
    <Dialog title="Dead letter" wide close={close}>
      <div class="dialog-body">
        <Shown query={letter}>
          {(data) => (
            <>
              <p>
                <strong>{words(data.reason)}</strong> {data.detail}{" "}
                {data.link && (
                  <a href={data.link} target="_blank" rel="noreferrer">
                    Partner's documentation <Icon name="outside" />
                  </a>
                )}
              </p>
              <p class="quiet">
                {data.topic}, partition {data.partition}, offset {data.offset}, {count(data.record_bytes)} bytes{data.record_truncated && ", of which the beginning is shown"}
              </p>
              {data.redacted && <p class="quiet">Editors and admins see the record with the values of the profile.</p>}
              {data.record !== null && (
                <pre class="wire" tabIndex={0} aria-label="The record">
                  {pretty(data.record)}
                </pre>
              )}
              <div class="buttons">
                {data.replayable && <ReplayButton ids={[data.id]} label="Replay…" />}
                {data.delivery_id && (
                  <>
                    <a class="button" href={`/deliveries?delivery=${encodeURIComponent(data.delivery_id)}`}>
                      Its attempts
                    </a>
                    <a class="button" href={`/trace?id=${encodeURIComponent(data.delivery_id)}`}>
                      Trace
                    </a>
                  </>
                )}
              </div>
            </>
          )}
        </Shown>
      </div>
    </Dialog>
  );
}
