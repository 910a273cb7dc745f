import { api, told } from "../../api/client";
import { useActions } from "../../api/queries";
import { useQuery } from "../../api/query";
import type { DeliveryDetail } from "../../api/types";
import { useConnectorNames } from "../../names";
import { CopyButton } from "../../ui/copy-button";
import { Dialog } from "../../ui/dialog";
import { plural } from "../../ui/format";
import { Shown } from "../../ui/shown";
import { ReplayButton } from "../dead-letters/replay";
import { AttemptTimeline, requestOf } from "./attempt-timeline";
import { asCurl } from "./curl";
import { OutcomeWord } from "./delivery-table";

/** One delivery with each of its attempts; replayed from here when it ended in error. */
export function DeliveryDrawer({ id, close }: { id: string; close: () => void }) {
  const delivery = useQuery(
    `deliveries/${id}/detail`,
    () => told(api.GET("/v1/deliveries/{delivery_id}", { params: { path: { delivery_id: id } } })),
    2000,
  );
  return (
    <Dialog title="Delivery" drawer close={close}>
      <div class="dialog-body">
        <Shown query={delivery}>{(data) => <DeliveryShown delivery={data} />}</Shown>
      </div>
    </Dialog>
  );
}

function DeliveryShown({ delivery }: { delivery: DeliveryDetail }) {
  return (
    <>
      <Facts delivery={delivery} />
      {delivery.dead_letters.some((letter) => letter.replayed_by) && (
        <p class="note info">
          Sent again by a <a href="/dead-letters?tab=jobs">replay</a>. An attempt that went well is not always kept.
        </p>
      )}
      <Buttons delivery={delivery} />
      <h3>{plural(delivery.timeline.length, "attempt")} kept</h3>
      <AttemptTimeline attempts={delivery.timeline} isRedacted={delivery.redacted} />
    </>
  );
}

function Buttons({ delivery }: { delivery: DeliveryDetail }) {
  const letters = delivery.dead_letters.filter((letter) => letter.replayable && !letter.replayed_by);
  const last = delivery.timeline.map(requestOf).findLast((request) => request !== null);
  return (
    <div class="buttons">
      {letters.length > 0 && <ReplayButton ids={letters.map((letter) => letter.id)} label="Replay this delivery…" isSmall />}
      {last && <CopyButton text={asCurl(last)} label="Copy as curl" said="Copied as curl" detail="Put the secret where $SECRET is." />}
      <a class="button small" href={`/trace?id=${encodeURIComponent(delivery.delivery_id)}`}>
        Trace
      </a>
    </div>
  );
}

function Facts({ delivery }: { delivery: DeliveryDetail }) {
  const nameOf = useConnectorNames();
  const action = useActions(delivery.connector_id).data?.find((one) => one.id === delivery.action_id);
  const version = `/connectors/${delivery.connector_id}?tab=versions`;
  return (
    <dl class="pairs">
      <dt>Outcome</dt>
      <dd>
        <OutcomeWord delivery={delivery} />
      </dd>
      <dt>Connector</dt>
      <dd>
        <a href={`/connectors/${delivery.connector_id}`}>{nameOf(delivery.connector_id)}</a>,{" "}
        <a href={`/actions/${delivery.action_id}`}>{action?.name ?? delivery.action_id}</a>, <a href={version}>version {delivery.config_version}</a>
      </dd>
      <dt>Profile</dt>
      <dd>
        <a href={`/deliveries?profile=${encodeURIComponent(delivery.profile_id)}`}>{delivery.profile_id}</a> {delivery.change}
      </dd>
      <dt>Event</dt>
      <dd>
        {delivery.event_id && (
          <>
            <a href={`/trace?id=${encodeURIComponent(delivery.event_id)}`}>{delivery.event_id}</a>,{" "}
          </>
        )}
        partition {delivery.partition}, offset {delivery.offset}
      </dd>
      <dt>Delivery id</dt>
      <dd>
        <code>{delivery.delivery_id}</code>
      </dd>
    </dl>
  );
}
