/** The same error once: since when, how often, what it most likely is and what to do. */
import { api, told } from "../../api/client";
import { useQuery } from "../../api/query";
import type { Connector, ErrorGroup } from "../../api/types";
import { outcomeLabel } from "../../outcomes";
import { plural, words } from "../../ui/format";
import { Shown } from "../../ui/shown";
import { Time } from "../../ui/time";

export function ErrorGroups({ connector, days }: { connector: Connector; days: number }) {
  const groups = useQuery(
    `error-groups/${connector.id}/${days}`,
    () => told(api.GET("/v1/error-groups", { params: { query: { connector_id: connector.id, days } } })),
    10_000,
  );
  return (
    <Shown query={groups} rows={2}>
      {(data) => (
        <div class="groups">
          {data.items.map((group) => (
            <GroupShown key={`${group.outcome}/${group.partner_code}/${group.reason}`} group={group} />
          ))}
        </div>
      )}
    </Shown>
  );
}

function GroupShown({ group }: { group: ErrorGroup }) {
  return (
    <section class="panel group">
      <h2>
        <span class={`swatch ${group.outcome}`} aria-hidden="true" /> {outcomeLabel(group.outcome)}{" "}
        {group.partner_code && (group.link ? <a href={group.link} target="_blank" rel="noreferrer"><code>{group.partner_code}</code></a> : <code>{group.partner_code}</code>)}
        {group.reason && <span class="quiet"> {words(group.reason)}</span>}
      </h2>
      <p>
        {group.meaning && <strong>{group.meaning} </strong>}
        {group.likely_cause} {group.what_to_do}
      </p>
      <p class="quiet">
        {plural(group.count, "delivery", "deliveries")}
        {group.failed_attempts > 0 && `, ${plural(group.failed_attempts, "failed attempt")}`} · first <Time at={group.first_seen_at} /> · last <Time at={group.last_seen_at} />
      </p>
    </section>
  );
}
