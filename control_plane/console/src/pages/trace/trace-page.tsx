/** Paste what you have of an event, and see what happened to it at each stage. */
import { useState } from "preact/hooks";
import { setQueryParameters, useQueryParameter } from "../../routing/location";
import { Empty, Page } from "../../ui/page";
import { Shown } from "../../ui/shown";
import { DeliveryDrawer } from "../deliveries/delivery-drawer";
import { type Found, useTraces } from "./finding";
import { Stages } from "./stages";

export function TracePage() {
  const [id] = useQueryParameter("id");
  const [shownId] = useQueryParameter("delivery");
  return (
    <Page title="Trace">
      <Asked key={id} id={id} />
      {id === "" ? (
        <Empty title="Follow one event through every stage">
          <p>Paste the id of an event, of a profile or of a delivery: from a dead letter, from a partner's log, from your own system.</p>
        </Empty>
      ) : (
        <Traced id={id} />
      )}
      {shownId && <DeliveryDrawer id={shownId} close={() => setQueryParameters({ delivery: "" })} />}
    </Page>
  );
}

function Asked({ id }: { id: string }) {
  const [text, setText] = useState(id);
  const search = (event: Event) => {
    event.preventDefault();
    setQueryParameters({ id: text.trim(), delivery: "" });
  };
  return (
    <form class="toolbar" role="search" onSubmit={search}>
      <input class="wide-input" aria-label="Event, profile or delivery id" placeholder="Event, profile or delivery id" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <button type="submit" class="primary">
        Trace
      </button>
    </form>
  );
}

function Traced({ id }: { id: string }) {
  const traces = useTraces(id);
  return (
    <Shown query={traces} rows={5}>
      {(found) =>
        found.length === 0 ? (
          <Empty title="Nothing is kept of this id">
            <p>
              Failed attempts are kept for seven days, of those that went well a sample, and dead letters for thirty days. That something was
              received or skipped is known of the newest few thousand events; older ones are in a connector's statistics as numbers.
            </p>
          </Empty>
        ) : (
          found.map((one) => <FoundAs key={one.as} found={one} id={id} />)
        )
      }
    </Shown>
  );
}

function FoundAs({ found, id }: { found: Found; id: string }) {
  return (
    <section aria-label={`As ${found.as}`} class="trace">
      <h2>
        {found.label} <code>{id}</code>
      </h2>
      {!found.trace.recent_too && <p class="note warn">Kafka does not answer: the newest records are missing here.</p>}
      {found.trace.truncated && <p class="note warn">There is more than can be shown: the newest is.</p>}
      <Stages trace={found.trace} />
    </section>
  );
}
