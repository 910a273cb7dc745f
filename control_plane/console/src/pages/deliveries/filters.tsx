/** Which deliveries: every filter stands in the address. */
import { useState } from "preact/hooks";
import { OUTCOMES, outcomeLabel } from "../../outcomes";
import { setQueryParameters, useQueryParameter } from "../../routing/location";
import { ActionSelect } from "../../ui/action-select";
import { ConnectorSelect } from "../../ui/connector-select";
import { exactTime, fromLocal, timeZone, toLocal } from "../../ui/format";
import { Icon } from "../../ui/icons";

const NAMES = OUTCOMES.map((outcome) => outcome.name);
const CLASSES: Record<string, string> = { "2": "2xx accepted", "3": "3xx redirected", "4": "4xx refused", "5": "5xx failed" };
const ALL = { connector: "", action: "", outcome: "", status: "", waiting: "", profile: "", event: "", since: "", until: "" };

export function useDeliveryFilter() {
  const [connector] = useQueryParameter("connector");
  const [action] = useQueryParameter("action");
  const [outcome] = useQueryParameter("outcome");
  const [status] = useQueryParameter("status");
  const [waiting] = useQueryParameter("waiting");
  const [profile] = useQueryParameter("profile");
  const [event] = useQueryParameter("event");
  const [since] = useQueryParameter("since");
  const [until] = useQueryParameter("until");
  return {
    connector_id: connector || undefined,
    action_id: action || undefined,
    outcome: NAMES.find((name) => name === outcome),
    status_class: status in CLASSES ? Number(status) : undefined,
    waiting: waiting === "1" || undefined,
    profile_id: profile || undefined,
    event_id: event || undefined,
    since: since || undefined,
    until: until || undefined,
  };
}

type Filter = ReturnType<typeof useDeliveryFilter>;

export function DeliveryFilters({ filter }: { filter: Filter }) {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <div class="toolbar" role="group" aria-label="Filters">
      <ConnectorSelect also={{ action: "" }} />
      {filter.connector_id && <ActionSelect key={filter.connector_id} connectorId={filter.connector_id} chosen={filter.action_id ?? ""} />}
      <select aria-label="Outcome" value={filter.outcome ?? ""} onChange={(event) => setQueryParameters({ outcome: event.currentTarget.value })}>
        <option value="">Every outcome</option>
        {NAMES.map((name) => (
          <option key={name} value={name}>
            {outcomeLabel(name)}
          </option>
        ))}
      </select>
      <select aria-label="HTTP status" value={String(filter.status_class ?? "")} onChange={(event) => setQueryParameters({ status: event.currentTarget.value })}>
        <option value="">Every HTTP status</option>
        {Object.entries(CLASSES).map(([digit, label]) => (
          <option key={digit} value={digit}>
            {label}
          </option>
        ))}
      </select>
      <button type="button" class="filter" aria-pressed={filter.waiting === true} onClick={() => setQueryParameters({ waiting: filter.waiting ? "" : "1" })}>
        Waiting for another attempt
      </button>
      <ProfileFilter key={filter.profile_id} profile={filter.profile_id ?? ""} />
      <Times since={filter.since} until={filter.until} />
      {filter.event_id && <Dropped label={`Event ${filter.event_id}`} drop={{ event: "" }} />}
      {isFiltered && (
        <button type="button" class="link" onClick={() => setQueryParameters(ALL)}>
          Show all
        </button>
      )}
    </div>
  );
}

function ProfileFilter({ profile }: { profile: string }) {
  const [text, setText] = useState(profile);
  const search = (event: Event) => {
    event.preventDefault();
    setQueryParameters({ profile: text.trim() });
  };
  return (
    <form class="inline-form" onSubmit={search}>
      <input aria-label="Profile id" placeholder="Profile id" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <button type="submit">Find</button>
    </form>
  );
}

function Times({ since, until }: { since: string | undefined; until: string | undefined }) {
  const [isOpen, setOpen] = useState(false);
  if (!isOpen && !since && !until) {
    return (
      <button type="button" class="filter" onClick={() => setOpen(true)}>
        Any time
      </button>
    );
  }
  return (
    <>
      <TimeInput label="From" value={since} change={(value) => setQueryParameters({ since: value })} />
      <TimeInput label="Before" value={until} change={(value) => setQueryParameters({ until: value })} />
    </>
  );
}

function TimeInput({ label, value, change }: { label: string; value: string | undefined; change: (value: string) => void }) {
  return (
    <label class="inline-label" title={value ? `${exactTime(value)}, ${timeZone}` : timeZone}>
      {label} <input type="datetime-local" value={value ? toLocal(value) : ""} onChange={(event) => change(fromLocal(event.currentTarget.value))} />
    </label>
  );
}

function Dropped({ label, drop }: { label: string; drop: Record<string, string> }) {
  return (
    <button type="button" class="filter" aria-pressed="true" onClick={() => setQueryParameters(drop)}>
      {label} <Icon name="close" />
    </button>
  );
}
