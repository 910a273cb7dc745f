import { useState } from "preact/hooks";
import { api, told } from "../api/client";
import { useUserNames } from "../api/queries";
import type { AuditEntry } from "../api/types";
import { setQueryParameters, useQueryParameter } from "../routing/location";
import { words } from "../ui/format";
import { Dialog } from "../ui/dialog";
import { useGrowingList } from "../ui/growing-list";
import { Icon } from "../ui/icons";
import { Loading } from "../ui/loading";
import { Empty, Page } from "../ui/page";
import { Shown } from "../ui/shown";
import { Table } from "../ui/table";
import { Time } from "../ui/time";
import { Difference } from "../versions/difference";

const KINDS = ["connector", "action", "audience", "journey", "feed", "alert", "custom_type", "user", "api_key", "workspace"];
const LIMIT = 100;

const PATHS: Record<string, string> = {
  connector: "/connectors/",
  action: "/actions/",
  audience: "/sources/audiences/",
  journey: "/sources/journeys/",
  feed: "/sources/event-feeds/",
  event_feed: "/sources/event-feeds/",
  custom_type: "/custom-types/",
};

function readAudit(kind: string, objectId: string, cursor?: string) {
  return told(
    api.GET("/v1/audit", { params: { query: { kind: kind || undefined, object_id: objectId || undefined, limit: LIMIT, cursor } } }),
  );
}

export function AuditPage() {
  const [kind] = useQueryParameter("kind");
  const [objectId] = useQueryParameter("object");
  return (
    <Page title="Audit log">
      <div class="toolbar">
        <select aria-label="Kind" value={kind} onChange={(event) => setQueryParameters({ kind: event.currentTarget.value })}>
          <option value="">Everything</option>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {words(one)}
            </option>
          ))}
        </select>
        {objectId && (
          <button type="button" class="filter" aria-pressed="true" onClick={() => setQueryParameters({ object: "" })}>
            <code>{objectId}</code> <Icon name="close" />
          </button>
        )}
      </div>
      <Entries key={`${kind}/${objectId}`} kind={kind} objectId={objectId} />
    </Page>
  );
}

function Entries({ kind, objectId }: { kind: string; objectId: string }) {
  const list = useGrowingList<AuditEntry, { items: AuditEntry[]; next_cursor?: string | null }>(
    `audit/${kind}/${objectId}`,
    (cursor) => readAudit(kind, objectId, cursor),
    10_000,
  );
  const [shown, setShown] = useState<AuditEntry | null>(null);
  return (
    <Shown query={list.first} rows={8}>
      {() =>
        list.items.length === 0 ? (
          <Empty title="No change yet" />
        ) : (
          <>
            <EntryTable items={list.items} show={setShown} />
            {list.more && (
              <button type="button" onClick={list.more}>
                Show older changes
              </button>
            )}
            {shown !== null && <EntryDialog entry={shown} close={() => setShown(null)} />}
          </>
        )
      }
    </Shown>
  );
}

function EntryTable({ items, show }: { items: AuditEntry[]; show: (entry: AuditEntry) => void }) {
  const nameOf = useUserNames();
  const objects = new Map(items.flatMap((entry) => namedObject(entry) ?? []));
  return (
    <Table heads={["When", "Who", "What", "Which", "Difference"]}>
      {items.map((entry) => (
        <tr key={entry.id}>
          <td>
            <Time at={entry.at} />
          </td>
          <td data-label="Who">{nameOf(entry.user_id)}</td>
          <td data-label="What">{words(entry.change)}</td>
          <td data-label="Which">
            {words(entry.kind)} <ObjectLink entry={entry} name={objects.get(entry.object_id) ?? entry.object_id} />
          </td>
          <td>
            {(entry.before || entry.after) && (
              <button type="button" class="small" onClick={() => show(entry)}>
                Show<span class="visually-hidden"> the difference</span>
              </button>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function namedObject(entry: AuditEntry): [[string, string]] | null {
  const name = (entry.after ?? entry.before)?.name;
  return typeof name === "string" ? [[entry.object_id, name]] : null;
}

function ObjectLink({ entry, name }: { entry: AuditEntry; name: string }) {
  const path = PATHS[entry.kind];
  return path === undefined ? <code>{name}</code> : <a href={path + entry.object_id}>{name}</a>;
}

function EntryDialog({ entry, close }: { entry: AuditEntry; close: () => void }) {
  return (
    <Dialog title={`${words(entry.change)}: ${entry.object_id}`} wide close={close}>
      <div class="dialog-body">
        <Difference
          before={{ title: "Before", read: () => Promise.resolve(entry.before) }}
          after={{ title: "After", read: () => Promise.resolve(entry.after) }}
          otherwise={<Loading />}
        />
      </div>
    </Dialog>
  );
}
