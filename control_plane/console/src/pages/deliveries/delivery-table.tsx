import type { Delivery } from "../../api/types";
import { useConnectorNames } from "../../names";
import { outcomeLabel } from "../../outcomes";
import { setQueryParameters } from "../../routing/location";
import { words } from "../../ui/format";
import { Time } from "../../ui/time";
import { VirtualRows } from "../../ui/virtual-rows";

const COLUMNS = ["When", "Outcome", "Answer", "Connector", "Profile", "Attempts", "Took"] as const;
const NUMERIC = new Set<string>(["Attempts", "Took"]);

interface Props {
  deliveries: readonly Delivery[];
  hasOlder: boolean;
}

export function DeliveryTable({ deliveries, hasOlder }: Props) {
  const nameOf = useConnectorNames();
  return (
    <div class="table-frame">
      <table class="rows fixed deliveries-table" aria-rowcount={hasOlder ? -1 : deliveries.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map((column) => (
              <th key={column} class={NUMERIC.has(column) ? "numeric" : ""}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <VirtualRows
          items={deliveries}
          columns={COLUMNS.length}
          row={(delivery, index) => <DeliveryRow key={delivery.delivery_id} delivery={delivery} index={index} nameOf={nameOf} />}
        />
      </table>
    </div>
  );
}

function DeliveryRow({ delivery, index, nameOf }: { delivery: Delivery; index: number; nameOf: (id: string) => string }) {
  return (
    <tr aria-rowindex={index + 2}>
      <td>
        <button type="button" class="link" onClick={() => setQueryParameters({ delivery: delivery.delivery_id })}>
          <Time at={delivery.at} />
        </button>
      </td>
      <td>
        <OutcomeWord delivery={delivery} />
      </td>
      <td class="said">
        {delivery.partner_code && delivery.partner_code !== String(delivery.http_status) && <code>{delivery.partner_code}</code>} {delivery.http_status && <span class="quiet">HTTP {delivery.http_status}</span>}{" "}
        {delivery.reason && words(delivery.reason)}
      </td>
      <td data-label="Connector">
        <a href={`/connectors/${delivery.connector_id}`}>{nameOf(delivery.connector_id)}</a>
      </td>
      <td data-label="Profile">
        <code>{delivery.profile_id}</code> <span class="quiet">{delivery.change}</span>
      </td>
      <td class="numeric" data-label="Attempts">
        {delivery.attempts}
        {delivery.trigger === "replay" && <span class="quiet"> replay</span>}
      </td>
      <td class="numeric" data-label="Took">
        {delivery.latency_ms} ms
      </td>
    </tr>
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
