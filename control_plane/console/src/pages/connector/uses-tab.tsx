import { useActions, useConnectorUses } from "../../api/queries";
import type { Connector } from "../../api/types";
import { UseList } from "../../use-list";
import { Empty } from "../../ui/page";
import { Shown } from "../../ui/shown";

/** Exactly who sends through this connector, action by action. */
export function UsesTab({ connector }: { connector: Connector }) {
  const uses = useConnectorUses(connector.id);
  const actions = useActions(connector.id).data ?? [];
  return (
    <Shown query={uses}>
      {(data) => {
        if (data.length === 0) {
          return (
            <Empty title="Nothing uses this connector">
              <p>
                Attach one of its actions to an <a href="/sources/audiences">audience</a>, a <a href="/sources/journeys">journey</a> or an{" "}
                <a href="/sources/event-feeds">event feed</a>.
              </p>
            </Empty>
          );
        }
        const stale = data.filter((use) => use.sends && !use.in_draft);
        return (
          <>
            {stale.length > 0 && (
              <p class="note warn">
                {stale.length === 1 ? "One published version still sends" : `${stale.length} published versions still send`} although the draft
                no longer does. Publish the draft, or deactivate the action, to stop it.
              </p>
            )}
            {[...new Set(data.map((use) => use.action_id))].map((id) => (
              <section class="panel" key={id}>
                <h2>
                  <a href={`/actions/${id}`}>{actions.find((action) => action.id === id)?.name ?? id}</a>
                </h2>
                <UseList uses={data.filter((use) => use.action_id === id)} />
              </section>
            ))}
          </>
        );
      }}
    </Shown>
  );
}
