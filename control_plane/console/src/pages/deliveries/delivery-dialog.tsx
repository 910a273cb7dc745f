import { api, told } from "../../api/client";
import { useQuery } from "../../api/query";
import type { Attempt } from "../../api/types";
import { pretty } from "../../exchanges";
import { ReplayButton } from "../dead-letters/replay";
import { Dialog } from "../../ui/dialog";
import { words } from "../../ui/format";
import { Shown } from "../../ui/shown";
import { Time } from "../../ui/time";
import { OutcomeWord } from "./deliveries-page";

/** One delivery with each of its attempts; replayed from here when it ended in error. */
export function DeliveryDialog({ id, close }: { id: string; close: () => void }) {
  const delivery = useQuery(
    `deliveries/${id}/detail`,
    () => told(api.GET("/v1/deliveries/{delivery_id}", { params: { path: { delivery_id: id } } })),
    2000,
  );
  return (
    <Dialog title="Delivery" wide close={close}>
      <div class="dialog-body">
        <Shown query={delivery}>
          {(data) => (
            <>
              <dl class="pairs">
                <dt>Outcome</dt>
                <dd>
                  <OutcomeWord delivery={data} />
                </dd>
                <dt>Profile</dt>
                <dd>
                  <a href={`/deliveries?profile=${encodeURIComponent(data.profile_id)}`}>{data.profile_id}</a> {data.change}
                </dd>
                <dt>Delivery id</dt>
                <dd>
                  <code>{data.delivery_id}</code>
                </dd>
                <dt>From</dt>
                <dd>
                  partition {data.partition}, offset {data.offset}
                  {data.event_id && `, event ${data.event_id}`}
                </dd>
                <dt>Rendered by</dt>
                <dd>
                  <a href={`/actions/${data.action_id}`}>the action</a> in version {data.config_version}
                </dd>
              </dl>
              {data.dead_letters.some((letter) => letter.replayable) && (
                <ReplayButton ids={data.dead_letters.filter((letter) => letter.replayable).map((letter) => letter.id)} label="Replay…" />
              )}
              <ol class="exchanges">
                {data.timeline.map((attempt) => (
                  <AttemptShown key={attempt.id} attempt={attempt} />
                ))}
              </ol>
            </>
          )}
        </Shown>
      </div>
    </Dialog>
  );
}

function AttemptShown({ attempt }: { attempt: Attempt }) {
  return (
    <li>
      <h3>
        Attempt {attempt.attempt} <span class="chip muted">{words(attempt.verdict)}</span>
        {attempt.trigger === "replay" && <span class="chip info">replay</span>}
      </h3>
      <p class="quiet">
        <Time at={attempt.at} />, took {attempt.latency_ms} ms
        {attempt.http_status && `, HTTP ${attempt.http_status}`}
        {attempt.partner_code && `, code ${attempt.partner_code}`}
        {attempt.rows > 1 && `, with ${attempt.rows - 1} others in one request`}
      </p>
      {attempt.request && (
        <pre class="wire" tabIndex={0} aria-label={`Request of attempt ${attempt.attempt}`}>
          {pretty(JSON.stringify(attempt.request))}
        </pre>
      )}
      {attempt.response && (
        <pre class="wire" tabIndex={0} aria-label={`Response of attempt ${attempt.attempt}`}>
          {pretty(JSON.stringify(attempt.response))}
        </pre>
      )}
    </li>
  );
}
