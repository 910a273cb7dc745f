/** Recent deliveries, newest first: what became of each, what was asked and answered, and what happened at each stage. */
import { useState } from "preact/hooks";
import { api, told } from "../../api/client";
import type { Delivery } from "../../api/types";
import { useConnectorNames } from "../../names";
import { OUTCOMES, outcomeLabel } from "../../outcomes";
import { setQueryParameters, useQueryParameter } from "../../routing/location";
import { ConnectorSelect } from "../../ui/connector-select";
import { words } from "../../ui/format";
import { useGrowingList } from "../../ui/growing-list";
import { Icon } from "../../ui/icons";
import { Empty, Page } from "../../ui/page";
import { Shown } from "../../ui/shown";
import { Time } from "../../ui/time";
import { DeliveryDialog } from "./delivery-dialog";
import { TracePanel } from "./trace-panel";

const LIMIT = 100;
const TAIL_MS = 2000;
const NAMES = [...OUTCOMES.map((outcome) => outcome.name), "skipped"] as const;

function useFilter() {
  const [connector] = useQueryParameter("connector");
  const [outcome] = useQueryParameter("outcome");
  const [profile] = useQueryParameter("profile");
  const [waiting] = useQueryParameter("waiting");
  return {
    connector_id: connector || undefined,
    outcome: NAMES.find((name) => name === outcome),
    profile_id: profile || undefined,
    waiting: waiting === "1" || undefined,
  };
}

export function DeliveriesPage() {
  const filter = useFilter();
  const [isFollowing, setFollowing] = useState(true);
  const [shownId] = useQueryParameter("delivery");
  const list = useGrowingList<Delivery, { items: Delivery[]; next_cursor?: string | null }>(
    `deliveries/${JSON.stringify(filter)}`,
    (cursor) => told(api.GET("/v1/deliveries", { params: { query: { ...filter, limit: LIMIT, cursor } } })),
    isFollowing ? TAIL_MS : undefined,
  );
  return (
    <Page
      title="Deliveries"
      buttons={
        <button type="button" aria-pressed={isFollowing} onClick={() => setFollowing(!isFollowing)}>
          <Icon name={isFollowing ? "paused" : "active"} /> {isFollowing ? "Pause" : "Follow live"}
        </button>
      }
    >
      <DeliveryFilters outcome={filter.outcome} profile={filter.profile_id ?? ""} isWaiting={filter.waiting === true} />
      {filter.profile_id && <TracePanel profileId={filter.profile_id} />}
      <Shown query={list.first} rows={10}>
        {() =>
          list.items.length === 0 ? (
            <Empty title="No delivery to show">
              <p>Failed attempts are all kept for some days; of those that went well, a sample.</p>
            </Empty>
          ) : (
            <DeliveryTable deliveries={list.items} />
          )
        }
      </Shown>
      {list.more && (
        <button type="button" onClick={list.more}>
          Show older deliveries
        </button>
      )}
      {shownId && <DeliveryDialog id={shownId} close={() => setQueryParameters({ delivery: "" })} />}
    </Page>
  );
}

function DeliveryFilters({ outcome, profile, isWaiting }: { outcome: string | undefined; profile: string; isWaiting: boolean }) {
  const [text, setText] = useState(profile);
  const search = (event: Event) => {
    event.preventDefault();
    setQueryParameters({ profile: text.trim() });
  };
  return (
    <form class="toolbar" onSubmit={search}>
      <ConnectorSelect />
      <select aria-label="Outcome" value={outcome ?? ""} onChange={(event) => setQueryParameters({ outcome: event.currentTarget.value })}>
        <option value="">Every outcome</option>
        {NAMES.map((name) => (
          <option key={name} value={name}>
            {name === "skipped" ? "Skipped" : outcomeLabel(name)}
          </option>
        ))}
      </select>
      <button type="button" class="filter" aria-pressed={isWaiting} onClick={() => setQueryParameters({ waiting: isWaiting ? "" : "1" })}>
        Waiting for another attempt
      </button>
      <input aria-label="Profile id" placeholder="Profile id" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <button type="submit">Trace</button>
    </form>
  );
}

export function DeliveryTable({ deliveries }: { deliveries: readonly Delivery[] }) {
  const nameOf = useConnectorNames();
  return (
    <div class="table-frame">
      <table class="rows">
        <thead>
          <tr>
            <th>When</th>
            <th>Outcome</th>
            <th>What was said</th>
            <th>Connector</th>
            <th>Profile</th>
            <th class="numeric">Attempts</th>
            <th class="numeric">Took</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <tr key={`${delivery.delivery_id}/${delivery.run}`}>
              <td>
                <button type="button" class="link" onClick={() => setQueryParameters({ delivery: delivery.delivery_id })}>
                  <Time at={delivery.at} />
                </button>
              </td>
              <td>
                <OutcomeWord delivery={delivery} />
              </td>
              <td class="said">
                {delivery.partner_code && <code>{delivery.partner_code}</code>} {delivery.http_status && <span class="quiet">HTTP {delivery.http_status}</span>}{" "}
                {delivery.reason && words(delivery.reason)}
              </td>
              <td data-label="Connector">
                <a href={`/connectors/${delivery.connector_id}`}>{nameOf(delivery.connector_id)}</a>
              </td>
              <td data-label="Profile">
                <code>{delivery.profile_id}</code> <span class="quiet">{delivery.change}</span>
              </td>
              <td class="numeric" data-label="Attempts">{delivery.attempts}</td>
              <td class="numeric" data-label="Took">{delivery.latency_ms} ms</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function OutcomeWord({ delivery }: { delivery: Pick<Delivery, "outcome" | "final" | "next_attempt_at"> }) {
  return (
    <>
      <span class={`swatch ${delivery.outcome}`} aria-hidden="true" /> {words(outcomeLabel(delivery.outcome))}
      {!delivery.final && (
        <span class="waiting">
          {" "}
          again <Time at={delivery.next_attempt_at} absent="soon" />
        </span>
      )}
    </>
  );
}
