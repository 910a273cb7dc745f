/** The same error once: since when, how often, what it most likely is and what to do. */
import { api, told } from "../../api/client";
import { useActions } from "../../api/queries";
import { useQuery } from "../../api/query";
import type { ErrorGroup } from "../../api/types";
import { outcomeLabel } from "../../outcomes";
import { plural, words } from "../../ui/format";
import { Empty } from "../../ui/page";
import { Shown } from "../../ui/shown";
import { Time } from "../../ui/time";
import { ReplayButton } from "../dead-letters/replay";

interface Props {
  /** Left out, those of every connector are shown. */
  connectorId?: string;
  days: number;
}

export function ErrorGroups({ connectorId, days }: Props) {
  const groups = useQuery(
    `error-groups/${connectorId ?? ""}/${days}`,
    () => told(api.GET("/v1/error-groups", { params: { query: { connector_id: connectorId, days } } })),
    10_000,
  );
  return (
    <Shown query={groups} rows={2}>
      {(data) =>
        data.items.length === 0 && connectorId === undefined ? (
          <Empty title="No errors in these days" />
        ) : (
          <div class="groups">
            {data.items.map((group) => (
              <GroupShown key={[group.connector_id, group.outcome, group.partner_code, group.reason].join("/")} group={group} isOfMany={connectorId === undefined} />
            ))}
          </div>
        )
      }
    </Shown>
  );
}

function GroupShown({ group, isOfMany }: { group: ErrorGroup; isOfMany: boolean }) {
  const connector = `/connectors/${group.connector_id}`;
  const letters = { connector_id: group.connector_id, ...(group.reason ? { reason: group.reason } : {}) };
  return (
    <section class="panel group">
      <h2>
        <span class={`swatch ${group.outcome}`} aria-hidden="true" /> {outcomeLabel(group.outcome)} <Code group={group} />
        {group.reason && <span class="quiet"> {words(group.reason)}</span>}
      </h2>
      {isOfMany && (
        <p>
          <a href={connector}>{group.connector_name ?? group.connector_id}</a>
        </p>
      )}
      <p>
        {group.meaning && <strong>{group.meaning} </strong>}
        {group.likely_cause} {group.what_to_do}
      </p>
      <p class="quiet">
        {plural(group.count, "delivery", "deliveries")}
        {group.failed_attempts > 0 && `, ${plural(group.failed_attempts, "failed attempt")}`} · first <Time at={group.first_seen_at} /> · last <Time at={group.last_seen_at} />
      </p>
      <Actions group={group} />
      <div class="buttons">
        <a class="button small" href={`${connector}?${errorsOf(group)}`}>
          Show them
        </a>
        {group.outcome === "invalid_credentials" && (
          <a class="button small" href={`${connector}?tab=settings`}>
            Replace the secret
          </a>
        )}
        {group.count > 0 && <ReplayButton matching={letters} label="Replay…" isSmall />}
      </div>
    </section>
  );
}

function Code({ group }: { group: ErrorGroup }) {
  if (!group.partner_code) return null;
  const code = <code>{group.partner_code}</code>;
  return group.link ? (
    <a href={group.link} target="_blank" rel="noreferrer">
      {code}
    </a>
  ) : (
    code
  );
}

function Actions({ group }: { group: ErrorGroup }) {
  const actions = useActions(group.connector_id).data ?? [];
  return (
    <p class="quiet">
      {"Affected: "}
      {group.action_ids.map((id, index) => (
        <span key={id}>
          {index > 0 && ", "}
          <a href={`/actions/${id}`}>{actions.find((action) => action.id === id)?.name ?? id}</a>
        </span>
      ))}
    </p>
  );
}

function errorsOf(group: ErrorGroup): URLSearchParams {
  return new URLSearchParams({ tab: "errors", outcome: group.outcome, ...(group.partner_code ? { code: group.partner_code } : {}) });
}
